import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { equalBytes, utf8, utf8ToText } from '../../base/bytes.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { formatPath, parsePath } from './path.ts'

function texts(path: string): string[] {
  return parsePath(utf8(path)).map((name) => utf8ToText(name))
}

test('paths are split at slashes, whatever bytes stand between', () => {
  assert.deepEqual(texts('/a/b'), ['a', 'b'])
  assert.deepEqual(texts('a//b/'), ['a', 'b'])
  assert.deepEqual(texts('/'), [])
  assert.deepEqual(texts(''), [])
  for (const bad of ['/..', 'a/./b', 'a\0', 'x'.repeat(1025)]) {
    assert.throws(() => parsePath(utf8(bad)), refusedWith('BAD_NAME'))
  }
  const name = fc
    .uint8Array({ minLength: 1, maxLength: 40 })
    .filter((bytes) => !bytes.includes(0) && !bytes.includes(0x2f))
    .filter((bytes) => !equalBytes(bytes, utf8('.')) && !equalBytes(bytes, utf8('..')))
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), (path) => {
      const parsed = parsePath(formatPath(path))
      return (
        parsed.length === path.length && parsed.every((each, at) => equalBytes(each, path[at]!))
      )
    }),
    { seed: 7 },
  )
})
