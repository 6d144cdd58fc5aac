/** What a user types to sign up or log in. */
import { isUtf8, utf8, utf8ToText } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'

/** Passwords are UTF-8 bytes: never sent, never logged. */
export interface Credentials {
  /** `host:port` of the coordinator. */
  readonly address: string
  /** Ed25519 public key the coordinator must have, where it is known. */
  readonly coordinatorKey?: Uint8Array | undefined
  readonly name: string
  readonly password: Uint8Array
  readonly signal?: AbortSignal | undefined
}

/** The coordinator's one spelling of account names: `Ada` and `ada` are the same. */
export function accountSpelling(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** An account's name in its one spelling, as far as a client can tell. BAD_NAME. */
export function accountName(name: string): string {
  const spelling = accountSpelling(name)
  const { length } = utf8(spelling)
  if (length > 0 && length <= limits.accountNameBytesMax) return spelling
  const most = `${limits.accountNameBytesMax} are the most`
  const why = length === 0 ? 'it is empty' : `it has ${length} bytes, ${most}`
  throw new HoldfastError('BAD_NAME', `Cannot use ${JSON.stringify(name)} as an account: ${why}`, {
    hint: `Letters, digits and . _ @ - can be, a letter or digit first, ${limits.accountNameBytesMax} bytes at most`,
  })
}

/** OPAQUE takes text: bytes that are none would be ambiguous. */
export function passwordText({ password }: Credentials): string {
  const { length } = password
  if (length > 0 && length <= limits.passwordBytesMax && isUtf8(password)) {
    return utf8ToText(password)
  }
  const wanted = `1 to ${limits.passwordBytesMax} bytes of UTF-8`
  throw new HoldfastError('BAD_USAGE', `Cannot use a password of ${length} bytes: ${wanted}`, {
    hint: `A password has ${wanted}`,
  })
}
