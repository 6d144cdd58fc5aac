import assert from 'node:assert/strict'
import { it } from 'node:test'
import { concatBytes, utf8, utf8ToText } from '../../base/bytes.ts'
import { FileList } from '../file-list.ts'
import { getFileJson, putFileJson } from '../json.ts'
import type { Outcome } from '../output.ts'
import type { Entry, GetFile, PutFile, StatusResult } from '../results.ts'
import { bytesText, countText, durationText } from '../text/amount.ts'
import { showList, showStat, showVaults } from './entries.ts'
import { showStatus, showVault } from './status.ts'
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import { showGet, showPut, showRemove } from './transfer.ts'

const stored: PutFile = {
  vault: 'home',
  path: utf8('/a b'),
  bytes: 2048,
  version: 'aa',
  sha256: 'bb',
  state: 'stored',
  newBytes: 1024,
}
const failed: PutFile = {
  vault: 'home',
  path: Uint8Array.of(0x2f, 0xff),
  bytes: 0,
  state: 'failed',
  newBytes: 0,
  error: { code: 'UNREADABLE', message: 'Cannot read it', hint: 'x' },
}

function puts(...files: readonly PutFile[]): FileList<PutFile> {
  const list = new FileList(putFileJson)
  for (const file of files) list.add(file)
  return list
}

function gets(...files: readonly GetFile[]): FileList<GetFile> {
  const list = new FileList(getFileJson)
  for (const file of files) list.add(file)
  return list
}

function filesIn(shown: Outcome): unknown {
  return JSON.parse(utf8ToText(concatBytes([...shown.files!.jsonText()])))
}

const ends = /stored 0 files; 1 changed; 1 interrupted; 1 failed$/

it('shows a put', () => {
  const shown = showPut({
    files: puts(stored, failed),
    shards: { written: 3, wanted: 4 },
    seconds: 0.5,
  })
  assert.equal(shown.exit, 6)
  assert.deepEqual(shown.document, { ok: false, shards: { written: 3, wanted: 4 }, seconds: 0.5 })
  assert.deepEqual(filesIn(shown), [
    {
      vault: 'home',
      path: '/a b',
      bytes: 2048,
      state: 'stored',
      newBytes: 1024,
      version: 'aa',
      sha256: 'bb',
    },
    {
      vault: 'home',
      path: '/\u{FFFD}',
      pathBytes: 'L/8=',
      bytes: 0,
      state: 'failed',
      newBytes: 0,
      error: failed.error,
    },
  ])
  assert.deepEqual(shown.lines, [])
  const sentence = 'stored 1 file, 2.0 KiB; 1.0 KiB of it new; 1 failed; 0.50 s, 4.0 KiB/s'
  assert.equal(shown.summary, sentence)
  assert.deepEqual(shown.notes, ['1 of 4 shards are still to be written: see holdfast status'])
  assert.deepEqual(shown.errors, [
    { code: 'UNREADABLE', message: "home:'/'$'\\377': Cannot read it", hint: 'x' },
  ])
  const whole = {
    files: puts(stored),
    shards: { written: 4, wanted: 4 },
    seconds: 1,
  }
  assert.equal(showPut(whole).exit, 0)
  const error = new HoldfastError('INTERRUPTED', 'Interrupted')
  const interrupted = showPut(whole, { error })
  assert.equal(interrupted.exit, 130)
  assert.deepEqual(interrupted.errors, [errorToJson(error)])
  assert.match(interrupted.notes!.join(), /is kept: the same put/)
  const unread = { ...failed, error: errorToJson(error) }
  assert.deepEqual(showPut({ ...whole, files: puts(stored, unread) }, { error }).errors, [
    errorToJson(error),
  ])
  const isFifo = { code: 'UNREADABLE', message: 'It is a fifo', hint: 'x' } as const
  const skipped = { ...stored, bytes: 0, state: 'skipped' as const, error: isFifo }
  const fifo = showPut({ ...whole, files: puts(skipped) })
  assert.deepEqual([fifo.exit, fifo.summary], [0, 'stored 0 files; 1 skipped'])
  const moved = { ...failed, state: 'changed' as const }
  assert.match(showPut({ ...whole, files: puts(moved, unread, failed) }).summary!, ends)
  const cutShort = { ...failed, error: { ...failed.error!, code: 'INTERRUPTED' as const } }
  assert.equal(showPut({ ...whole, files: puts(cutShort, failed) }).exit, 6)
  assert.equal(showPut({ ...whole, files: puts(cutShort) }).exit, 130)
})

it('shows a get and a removal', () => {
  const file = {
    vault: 'home',
    path: utf8('/a'),
    to: utf8('./a'),
    bytes: 3,
    sha256: 'bb',
    state: 'written' as const,
  }
  const shown = showGet({ files: gets(file), seconds: 0.01 })
  assert.deepEqual(shown.document, { ok: true, seconds: 0.01 })
  assert.deepEqual(filesIn(shown), [
    { vault: 'home', path: '/a', to: './a', bytes: 3, state: 'written', sha256: 'bb' },
  ])
  const lost = { code: 'LOST', message: 'Too few shards', hint: 'x' } as const
  assert.equal(
    showGet({
      files: gets(file, { ...file, state: 'failed', error: lost }),
      seconds: 1,
    }).exit,
    8,
  )
  const removed = showRemove({ files: [{ vault: 'home', path: utf8('/a'), version: 'cc' }] })
  assert.equal(removed.summary, 'removed home:/a')
  const missing = {
    vault: 'home',
    path: utf8('/b'),
    error: { code: 'NOT_FOUND', message: 'No', hint: 'x' } as const,
  }
  assert.equal(showRemove({ files: [missing] }).exit, 3)
})

it('lists entries', () => {
  const entry: Entry = {
    vault: 'home',
    path: utf8('/d/notes.txt'),
    type: 'file',
    bytes: 12,
    mode: 0o4754,
    modifiedMs: Date.UTC(2026, 1, 3, 4, 5, 6, 789),
    sha256: 'bb',
    version: 'aa',
    health: 'degraded',
  }
  const folder: Entry = { ...entry, path: utf8('/d/x y'), type: 'folder', bytes: 0, mode: 0o755 }
  const link: Entry = {
    ...entry,
    path: utf8('/d/l'),
    type: 'link',
    target: utf8('a b'),
    mode: 0o777,
  }
  const below = utf8('/d/')
  assert.deepEqual(showList([entry, folder, link], { long: false, below }).lines, [
    'notes.txt',
    "'x y/'",
    'l',
  ])
  const long = showList([entry, link], { long: true, below })
  assert.deepEqual(long.lines, [
    '-rwsr-xr--  12  2026-02-03 04:05:06Z  degraded  notes.txt',
    "lrwxrwxrwx  12  2026-02-03 04:05:06Z  degraded  l -> 'a b'",
  ])
  assert.deepEqual((long.document as { entries: object[] }).entries[1], {
    vault: 'home',
    path: '/d/l',
    type: 'link',
    target: 'a b',
    bytes: 12,
    mode: 0o777,
    modified: '2026-02-03T04:05:06.789Z',
    sha256: 'bb',
    version: 'aa',
    health: 'degraded',
  })
  const pack = {
    id: 'ab',
    k: 1,
    m: 1,
    shards: [{ index: 0, node: 'n1', state: 'durable' as const }],
  }
  const stat = showStat({ ...entry, chunks: 1, packs: [pack] })
  assert.ok(stat.lines.includes('pack ab (1+1)') && stat.lines.includes('  0  n1  durable'))
})

it('shows the grid and its vaults', () => {
  const status: StatusResult = {
    coordinator: { address: 'h:1', state: 'up' },
    nodes: [
      {
        name: 'n1',
        address: 'h:2',
        zone: 'n1',
        state: 'up',
        pid: 5,
        latencyMs: 0.42,
        usedBytes: 1024,
        freeBytes: 2048,
      },
      { name: 'n2', address: 'h:3', zone: 'rack', state: 'down' },
      { name: 'n3', address: 'h:4', zone: 'n3', state: 'up', store: 'read-only', freeBytes: 9 },
    ],
    vaults: [
      { name: 'home', files: 1234, bytes: 5, complete: 2, degraded: 1, unknown: 0, lost: 0 },
    ],
  }
  const { lines, notes, exit } = showStatus(status)
  assert.deepEqual(lines, [
    'coordinator  h:1  up',
    'node n1      h:2  up             0.4 ms  1.0 KiB used  2.0 KiB free',
    'node n2      h:3  down                                               zone rack',
    'node n3      h:4  up, read-only                        9 B free',
    'vault home: 1,234 files, 5 B; 2 complete, 1 degraded',
  ])
  const readOnly =
    'node n3 is read-only, its log says why: when its disk is well and it stays so, restart the node'
  assert.deepEqual(notes, ['node n2 is down', readOnly])
  assert.equal(exit, 0)
  const late = { ...status, vaults: [{ name: 'home' }, { name: 'big', files: 1, bytes: 2 }] }
  const notices = [
    { kind: 'clock-jumped' },
    { kind: 'strangers-kept', node: 'n1', shards: 3 },
    { kind: 'quarantine', node: 'n1', id: 'ab12' },
  ] as const
  const warned = showStatus({ ...late, notices })
  assert.deepEqual(warned.lines.slice(-2), [
    'vault home: no answer in time',
    'vault big: 1 file, 2 B; health not known in time',
  ])
  assert.equal(warned.notes?.length, 5)
  assert.match(warned.notes[4]!, /node n1 worked with .*endQuarantine is "ab12"/)
  assert.match(warned.notes[3]!, /node n1 has 3 shards that .*unknownShards is "collect"/)
  const ill = [
    { ...status.nodes[2]!, store: 'disk-gone' as const },
    { ...status.nodes[2]!, freeBytes: 0 },
  ]
  assert.deepEqual(showStatus({ ...status, nodes: ill }).notes, [
    'the disk of node n3 vanished: mount it again, then restart the node',
    'node n3 is read-only: free space on its disk',
  ])
  const down = { ...status, coordinator: { address: 'h:1', state: 'down' } } as const
  assert.equal(showStatus(down).exit, 7)
  const silence = new HoldfastError('CONNECTION_LOST', 'It was lost', { hint: 'Do it again' })
  assert.deepEqual(showStatus(down, silence).errors, [errorToJson(silence)])
  const { nodes } = showStatus(status).document as { nodes: unknown[] }
  const unknown = { pid: null, latencyMs: null, usedBytes: null, freeBytes: null }
  assert.deepEqual(nodes[1], { ...status.nodes[1], ...unknown })
  const vault = { name: 'home', policy: '2+2', role: 'owner', files: 1, bytes: 2 } as const
  assert.deepEqual(showVaults([vault]).document, { vaults: [vault] })
  const details = showVault({ ...vault, id: 'ff', threshold: 3, generation: 1 })
  assert.match(details.lines.join('\n'), /2\+2 \(a write needs 3 durable shards\)/)
})

it('writes amounts for people', () => {
  assert.deepEqual([0, 999, 1000, 1024, 10_240, 1_047_527, 2 ** 40].map(bytesText), [
    '0 B',
    '999 B',
    '1.0 KiB',
    '1.0 KiB',
    '10.0 KiB',
    '1.0 MiB',
    '1.0 TiB',
  ])
  assert.deepEqual([0.2, 59, 60, 125, 3600, 12_000, 90_000].map(durationText), [
    '1 s',
    '59 s',
    '1 min',
    '2 min 5 s',
    '1 h',
    '3 h 20 min',
    '1 d 1 h',
  ])
  assert.deepEqual([countText(1, 'file'), countText(1e6, 'file')], ['1 file', '1,000,000 files'])
})
