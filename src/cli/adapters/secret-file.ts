/** Secrets of 32 bytes in files of their own, as hex: the grid secret and the identities of nodes. */
import { fromHex, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import { readText } from './home-folder.ts'
import { writeWhole } from '../../base/adapters/write-whole.ts'

const secretBytes = 32

/** Undefined when there is none. CORRUPT, UNREADABLE. */
export function readSecret(path: string): Uint8Array | undefined {
  const text = readText(path)
  if (text === undefined) return undefined
  const secret = fromHex(text.trim())
  if (secret?.length === secretBytes) return secret
  throw new HoldfastError('CORRUPT', `The file ${path} does not hold a secret of 64 hex digits`, {
    hint: 'Put it back from a copy: what depends on it cannot be read without',
  })
}

/** Drawn and kept when there is none. */
export function readOrMakeSecret(path: string, random: Random): Uint8Array {
  const kept = readSecret(path)
  if (kept !== undefined) return kept
  const secret = random.bytes(secretBytes)
  writeWhole(path, `${toHex(secret)}\n`)
  return secret
}
