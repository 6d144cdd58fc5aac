/** Building blocks of the messages: each is a codec between JSON and what the program works with. */
import { z } from 'zod'
import { assert } from '../base/assert.ts'
import { fromBase64, toBase64 } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { hasCode } from '../base/errors.ts'

const anyBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)

/** Bytes, base64 in JSON. */
export function bytes(range: { readonly min?: number; readonly max: number }) {
  const { min = 0, max } = range
  return z.codec(z.string().max(Math.ceil(max / 3) * 4), anyBytes, {
    decode(text, context) {
      const decoded = fromBase64(text)
      if (decoded === undefined || decoded.length < min || decoded.length > max) {
        context.issues.push({
          code: 'custom',
          input: text.length,
          message: `base64 of ${min} to ${max} bytes is wanted`,
        })
        return z.NEVER
      }
      return decoded
    },
    encode: (value) => toBase64(value),
  })
}

export interface Packing<Item> {
  /** Named in errors: 'chunks'. */
  readonly what: string
  readonly bytesEach: number
  readonly most: number
  /** Throws MALFORMED. */
  readonly read: (reader: ByteReader) => Item
  readonly write: (writer: ByteWriter, item: Item) => void
}

/**
 * A list of many small things, as one text of base64 in JSON: `bytesEach` bytes for each, one after the
 * other. Thousands of JSON objects would hold up the reader for longer than a turn may last.
 */
export function packed<Item>(packing: Packing<Item>) {
  const { bytesEach, most } = packing
  return packedText(packing, { each: `${bytesEach} bytes each`, bytesMax: bytesEach * most })
}

/** The same, of things with their own lengths, `bytesMax` in all. */
export function packedVarying<Item>(packing: Omit<Packing<Item>, 'bytesEach'>, bytesMax: number) {
  return packedText(packing, { each: 'one after the other', bytesMax })
}

function packedText<Item>(
  packing: Omit<Packing<Item>, 'bytesEach'>,
  size: { readonly each: string; readonly bytesMax: number },
) {
  const { what, most } = packing
  const text = z
    .string()
    .max(Math.ceil(size.bytesMax / 3) * 4)
    .describe(`${what}: base64 of ${size.each} (control.md, section 6)`)
  const items = z.custom<Item[]>((value) => Array.isArray(value))
  return z.codec(text, items, {
    decode(value, context) {
      const bytesOfAll = fromBase64(value)
      try {
        if (bytesOfAll !== undefined) return unpack(packing, bytesOfAll)
      } catch (error) {
        if (!hasCode(error, 'MALFORMED')) throw error
      }
      const message = `base64 of whole ${what} is wanted`
      context.issues.push({ code: 'custom', input: value.length, message })
      return z.NEVER
    },
    encode(value) {
      assert(value.length <= most, `at most ${most} ${what} fit a message, not ${value.length}`)
      const writer = new ByteWriter()
      for (const item of value) packing.write(writer, item)
      return toBase64(writer.finish())
    },
  })
}

function unpack<Item>(
  { what, most, read }: Omit<Packing<Item>, 'bytesEach'>,
  bytesOfAll: Uint8Array,
): Item[] {
  const reader = new ByteReader(bytesOfAll, what)
  const items: Item[] = []
  while (reader.remaining > 0) {
    if (items.length === most) throw reader.malformed(`there are over ${most}`)
    items.push(read(reader))
  }
  return items
}

/** Exactly `count` bytes. */
export function fixedBytes(count: number) {
  return bytes({ min: count, max: count })
}

/** 16 bytes as lower-case hex. */
export const id = z.string().regex(/^[0-9a-f]{32}$/)
export const count = z.int().min(0)
export const list = <T extends z.ZodType>(item: T, most: number) => z.array(item).max(most)
