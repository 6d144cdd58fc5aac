import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter } from './encoding.ts'

type Field =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u64' | 'i64' | 'zeros'; readonly value: number }
  | { readonly kind: 'bytes' | 'fixed'; readonly value: Uint8Array }

const most = Number.MAX_SAFE_INTEGER
const numbers = (kind: 'u8' | 'u16' | 'u32' | 'u64' | 'i64' | 'zeros', range: [number, number]) =>
  fc.integer({ min: range[0], max: range[1] }).map((value): Field => ({ kind, value }))
const fields: fc.Arbitrary<Field> = fc.oneof(
  numbers('u8', [0, 255]),
  numbers('u16', [0, 65_535]),
  numbers('u32', [0, 2 ** 32 - 1]),
  numbers('u64', [0, most]),
  numbers('i64', [-most, most]),
  numbers('zeros', [0, 40]),
  fc.uint8Array({ maxLength: 40 }).map((value): Field => ({ kind: 'bytes', value })),
  fc.uint8Array({ maxLength: 40 }).map((value): Field => ({ kind: 'fixed', value })),
)

function write(writer: ByteWriter, field: Field): void {
  const { kind, value } = field
  if (typeof value === 'object') writer[kind as 'bytes'](value)
  else writer[kind as 'u8'](value)
}

function readerOf(...bytes: number[]): ByteReader {
  return new ByteReader(Uint8Array.from(bytes), 'thing')
}

function read(reader: ByteReader, { kind, value }: Field): Field {
  if (kind === 'bytes') return { kind, value: reader.bytes(40).slice() }
  if (kind === 'fixed') return { kind, value: reader.fixed(value.length).slice() }
  if (kind === 'zeros')
    return { kind, value: reader.fixed(value).filter((byte) => byte === 0).length }
  return { kind, value: reader[kind]() }
}

test('what is written is read, from any capacity on', () => {
  const lists = fc.array(fields, { maxLength: 60 })
  fc.assert(
    fc.property(lists, fc.integer({ min: 0, max: 100 }), (list, capacity) => {
      const writer = new ByteWriter(capacity)
      for (const each of list) write(writer, each)
      const bytes = writer.finish()
      assert.equal(bytes.length, writer.length)
      const reader = new ByteReader(bytes, 'list')
      assert.deepEqual(
        list.map((each) => read(reader, each)),
        list,
      )
      reader.end()
    }),
    { seed: 8, numRuns: 200 },
  )
})

test('what ends early, is too long or too large is refused with its name', () => {
  const malformed = { code: 'MALFORMED', message: /Cannot read thing/ }
  assert.throws(() => readerOf(1).u16(), malformed)
  assert.throws(() => readerOf(1, 2, 3).u32(), malformed)
  assert.throws(() => readerOf(5, 0, 0, 0, 1).bytes(10), malformed)
  assert.throws(() => readerOf(5, 0, 0, 0, 1).bytes(4), { ...malformed, message: /5 is over 4/ })
  assert.throws(() => readerOf(255, 255, 255, 255).count(10, 1), malformed)
  assert.throws(() => readerOf(2, 0, 0, 0, 1).count(10, 1), malformed)
  assert.throws(() => readerOf(0, 0, 0, 0, 0, 0, 0x20, 0).u64(), malformed)
  assert.throws(() => readerOf(0, 0, 0, 0, 0, 0, 0, 0x80).i64(), malformed)
  assert.throws(() => readerOf(1).end(), { ...malformed, message: /1 bytes too many/ })
})
