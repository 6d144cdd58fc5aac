import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { it } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../base/bytes.ts'
import { quoteName } from './quote.ts'

it('quotes as ls --quoting-style=shell-escape', () => {
  const pairs: [name: string | Uint8Array, quoted: string][] = [
    ['notes.txt', 'notes.txt'],
    ['größe-日本😀', 'größe-日本😀'],
    ['a b', "'a b'"],
    ['', "''"],
    ["it's", `"it's"`],
    [`it's "it"`, `'it'\\''s "it"'`],
    ['a\nb', "'a'$'\\n''b'"],
    ['\t', "''$'\\t'"],
    ['#a', "'#a'"],
    ['a#', 'a#'],
    ['~', "'~'"],
    ['{', "'{'"],
    ['{}', '{}'],
    ['a\\b', "'a\\b'"],
    ['x$y', "'x$y'"],
    ['a\u{1b}[31m', "'a'$'\\033''[31m'"],
    [Uint8Array.of(0x61, 0xff, 0xfe, 0x62), "'a'$'\\377\\376''b'"],
    [Uint8Array.of(0xe3, 0x81), "''$'\\343\\201'"],
    ["\n'", "''$'\\n'\\'''"],
    ['safe\u{202e}txt', "'safe'$'\\342\\200\\256''txt'"],
  ]
  for (const [name, quoted] of pairs) {
    assert.equal(quoteName(typeof name === 'string' ? utf8(name) : name), quoted)
  }
})

it('is understood by a shell as the same bytes', () => {
  const byte = fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(0x27, 0x0a, 0x5c, 0x24))
  const names = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 12 }), { seed: 1, numRuns: 1 })
  names.push(
    ...fc.sample(
      fc.array(byte, { minLength: 1, maxLength: 12 }).map((list) => Uint8Array.from(list)),
      { seed: 2, numRuns: 300 },
    ),
  )
  const whole = names.filter((name) => !name.includes(0))
  const script = whole.map((name) => `printf '%s\\0' ${quoteName(name)}`).join('\n')
  const told = execFileSync('bash', ['-c', script])
  const expected = Buffer.concat(whole.map((name) => Buffer.concat([name, Buffer.from([0])])))
  assert.deepEqual(told, expected)
})
