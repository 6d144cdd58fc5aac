import { utf8 } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'

const pattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@-]*$/u

/** The one spelling of a name: `Ada` and `ada` are the same account. */
export function normalName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** A name someone may sign up with, in its one spelling. BAD_NAME. */
export function newAccountName(name: string): string {
  const normal = normalName(name)
  if (pattern.test(normal) && utf8(normal).length <= limits.accountNameBytesMax) return normal
  throw new HoldfastError('BAD_NAME', `Cannot sign up as "${name}"`, {
    hint: `Letters, digits and . _ @ - can be, a letter or digit first, ${limits.accountNameBytesMax} bytes at most`,
  })
}
