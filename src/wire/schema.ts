/** Building blocks of the messages: each is a codec between JSON and what the program works with. */
import { z } from 'zod'
import { fromBase64, toBase64 } from '../base/bytes.ts'

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

/** Exactly `count` bytes. */
export function fixedBytes(count: number) {
  return bytes({ min: count, max: count })
}

/** 16 bytes as lower-case hex. */
export const id = z.string().regex(/^[0-9a-f]{32}$/)
export const count = z.int().min(0)
export const list = <T extends z.ZodType>(item: T, most: number) => z.array(item).max(most)
