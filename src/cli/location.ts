/** Where something is, as people write it: `VAULT:/PATH`, a local path, or `-`. All of it is bytes. */
import { concatBytes, isUtf8, utf8, utf8ToText } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { vaultNameComplaint, vaultNameHint } from '../client/vault-name.ts'
import type { Argument } from './command.ts'
import { quoteName } from './quote.ts'

export interface VaultLocation {
  readonly kind: 'vault'
  readonly vault: string
  /** Names from the root on; none for the root itself. */
  readonly names: readonly Uint8Array[]
  /** Ended in `/`. */
  readonly asFolder: boolean
}

export interface LocalLocation {
  readonly kind: 'local'
  readonly path: Uint8Array
  /** Ended in `/`. */
  readonly asFolder: boolean
}

export type Location = VaultLocation | LocalLocation | { readonly kind: 'stream' }

const slash = 0x2f
const colon = 0x3a
const dot = utf8('.')
const dotDot = utf8('..')

/** Throws BAD_LOCATION. */
export function parseLocation(given: Argument): Location {
  const { bytes } = given
  if (bytes.length === 0) throw refused(given, 'is empty', 'Write VAULT:/PATH, a local path, or -')
  if (given.text === '-') return { kind: 'stream' }
  const colonAt = bytes.indexOf(colon)
  const slashAt = bytes.indexOf(slash)
  const asFolder = bytes.at(-1) === slash
  if (colonAt < 0 || (slashAt >= 0 && slashAt < colonAt)) {
    return { kind: 'local', path: bytes, asFolder }
  }
  const vault = vaultName(given, bytes.subarray(0, colonAt))
  if (bytes[colonAt + 1] !== slash) {
    const local = quoteName(concatBytes([utf8('./'), bytes]))
    throw refused(
      given,
      'has no / after the vault',
      `Write ${vault}:/PATH for the vault, or ${local} for a local file`,
    )
  }
  return { kind: 'vault', vault, names: namesOf(given, bytes.subarray(colonAt + 1)), asFolder }
}

/** The same, for commands that work on a vault. Throws BAD_LOCATION. */
export function parseVaultLocation(given: Argument): VaultLocation {
  const location = parseLocation(given)
  if (location.kind === 'vault') return location
  throw refused(given, 'is no place in a vault', 'Write VAULT:/PATH, as home:/notes.txt')
}

/** With a leading `/`; the root is `/` alone. */
export function pathOf(names: readonly Uint8Array[]): Uint8Array {
  if (names.length === 0) return utf8('/')
  return concatBytes(names.flatMap((name) => [utf8('/'), name]))
}

function vaultName(given: Argument, bytes: Uint8Array): string {
  const name = utf8ToText(bytes)
  const why = isUtf8(bytes) ? vaultNameComplaint(name) : 'it is not UTF-8'
  if (why === undefined) return name
  const wanted = `${vaultNameHint}; write ./NAME for a local file`
  throw refused(given, `does not begin with the name of a vault: ${why}`, wanted)
}

function namesOf(given: Argument, path: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = []
  for (let start = 0; start < path.length;) {
    const next = path.indexOf(slash, start)
    const end = next < 0 ? path.length : next
    if (end > start) names.push(path.subarray(start, end))
    start = end + 1
  }
  for (const name of names) checkName(given, name)
  return names
}

function checkName(given: Argument, name: Uint8Array): void {
  if (name.length > limits.nameBytesMax) {
    const most = `a name may have at most ${limits.nameBytesMax}`
    throw refused(given, `holds a name of ${name.length} bytes: ${most}`, 'Choose a shorter name')
  }
  if (isSame(name, dot) || isSame(name, dotDot)) {
    throw refused(given, 'holds . or ..', 'Write the path inside a vault without them')
  }
}

function isSame(name: Uint8Array, other: Uint8Array): boolean {
  return name.length === other.length && name.every((byte, at) => byte === other[at])
}

function refused(given: Argument, why: string, hint: string): HoldfastError {
  return new HoldfastError('BAD_LOCATION', `The location ${quoteName(given.bytes)} ${why}`, {
    hint,
  })
}
