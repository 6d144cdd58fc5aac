import assert from 'node:assert/strict'
import { it } from 'node:test'
import { utf8, utf8ToText } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { argument } from './arguments.ts'
import { parseLocation, parseVaultLocation, pathOf } from './location.ts'

function parsed(text: string): string {
  const location = parseLocation(argument(text))
  if (location.kind === 'stream') return 'stream'
  const folder = location.asFolder ? ' as a folder' : ''
  if (location.kind === 'local') return `local ${utf8ToText(location.path)}${folder}`
  return `${location.vault} ${utf8ToText(pathOf(location.names))}${folder}`
}

it('tells vaults, local paths and streams apart', () => {
  const pairs: [text: string, location: string][] = [
    ['home:/notes.txt', 'home /notes.txt'],
    ['home:/', 'home / as a folder'],
    ['home://a//b/', 'home /a/b as a folder'],
    ['home:/a:b', 'home /a:b'],
    ['fotos-ü:/x', 'fotos-ü /x'],
    ['notes.txt', 'local notes.txt'],
    ['./a:b', 'local ./a:b'],
    ['/x/a:b', 'local /x/a:b'],
    ['dir/', 'local dir/ as a folder'],
    ['..', 'local ..'],
    ['-', 'stream'],
  ]
  for (const [text, location] of pairs) assert.equal(parsed(text), location, text)
})

it('refuses what could be taken for something else', () => {
  const refused = [
    '',
    'home:x',
    'home:',
    'c:/x',
    ':/x',
    'ho me:/x',
    'home:/a/../b',
    'home:/.',
    `home:/${'x'.repeat(1025)}`,
    `${'v'.repeat(65)}:/`,
  ]
  for (const text of refused) {
    assert.throws(
      () => parseLocation(argument(text)),
      (error) => error instanceof HoldfastError && error.code === 'BAD_LOCATION',
      text,
    )
  }
  assert.throws(() => parseVaultLocation(argument('notes.txt')), { code: 'BAD_LOCATION' })
  assert.throws(() => parseLocation(argument('home:x')), {
    hint: 'Write home:/PATH for the vault, or ./home:x for a local file',
  })
})

it('keeps names as bytes', () => {
  const bytes = Uint8Array.of(...utf8('home:/'), 0xff, 0x0a)
  const location = parseLocation({ text: utf8ToText(bytes), bytes })
  assert.deepEqual(location.kind === 'vault' && location.names, [Uint8Array.of(0xff, 0x0a)])
  const local = parseLocation({ text: '\u{FFFD}', bytes: Uint8Array.of(0xff) })
  assert.deepEqual(local.kind === 'local' && local.path, Uint8Array.of(0xff))
})
