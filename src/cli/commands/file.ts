/** Commands about files. */
import type { CommandSpec, Invocation } from '../command.ts'

/** The last operand is `-`: what is read goes to standard output. */
function toStandardOutput({ operands }: Invocation): boolean {
  return operands.at(-1)?.text === '-'
}

const destinationNote =
  'If DEST is a folder, or ends in /, each SRC lands in it under its own name; otherwise SRC becomes DEST.'

export const fileCommands: readonly CommandSpec[] = [
  {
    words: ['put'],
    summary: 'store files and folders in a vault',
    operands: 'SRC… DEST',
    operandsMin: 2,
    options: [
      { name: 'checksum', doc: 'compare contents, not size, time and mode' },
      {
        name: 'digest',
        value: 'md5',
        doc: 'keep the MD5 of each file, too; what has none yet is read for it',
      },
      {
        name: 'min-shards',
        value: 'N',
        doc: 'go on when at least N shards of each pack are durable (k+1)',
      },
    ],
    examples: [
      ['put notes.txt home:/', 'one file into the root of the vault'],
      ['put photos home:/backup/', 'a folder with all that is in it'],
      ['put - home:/dump.sql < dump.sql', 'from standard input'],
    ],
    notes: [
      destinationNote,
      'Running an interrupted put again sends only what was not stored yet.',
    ],
  },
  {
    words: ['get'],
    summary: 'fetch files and folders from a vault',
    operands: 'SRC… DEST',
    operandsMin: 2,
    options: [
      { name: 'verify', doc: 'read the written files back and compare' },
      { name: 'sync', doc: 'make the written files durable before saying so' },
    ],
    examples: [
      ['get home:/notes.txt .', 'into this folder'],
      ['get home:/photos /tmp/photos', 'a whole folder'],
      ['get home:/dump.sql - | head', 'to standard output'],
    ],
    notes: [
      destinationNote,
      'A file appears under its name only when all of it is there and verified.',
    ],
    dataOnStandardOutput: toStandardOutput,
  },
  {
    words: ['cat'],
    summary: 'write a file to standard output',
    operands: 'LOCATION',
    operandsMin: 1,
    operandsMax: 1,
    options: [
      { name: 'range', value: 'A-B', doc: 'only bytes A to B, both included; also A- and -N' },
    ],
    examples: [
      ['cat home:/notes.txt', 'all of it'],
      ['cat home:/video.mp4 --range 0-1023', 'the first 1,024 bytes'],
    ],
    dataOnStandardOutput: () => true,
  },
  {
    words: ['ls'],
    aliases: ['list'],
    summary: 'list the vaults, or what is in a folder',
    operands: '[LOCATION]',
    operandsMin: 0,
    operandsMax: 1,
    options: [
      { name: 'long', short: 'l', doc: 'with mode, size, time and health' },
      { name: 'recursive', short: 'r', doc: 'with everything below' },
    ],
    examples: [
      ['ls', 'the vaults'],
      ['ls -lr home:/', 'everything in the vault'],
    ],
  },
  {
    words: ['stat'],
    summary: 'show everything known of one file or folder',
    operands: 'LOCATION',
    operandsMin: 1,
    operandsMax: 1,
    options: [{ name: 'placement', doc: 'with the node of each shard' }],
    examples: [['stat home:/notes.txt --placement', 'and where it is']],
  },
  {
    words: ['rm'],
    summary: 'remove files and folders',
    operands: 'LOCATION…',
    operandsMin: 1,
    options: [
      { name: 'recursive', short: 'r', doc: 'folders with all that is in them' },
      {
        name: 'now',
        doc: 'for good: no version of it can be restored, and its space is free a day later',
      },
    ],
    examples: [
      ['rm home:/notes.txt', 'one file'],
      ['rm -r home:/photos', 'a folder'],
    ],
  },
]
