import { toHex } from '../../src/base/bytes.ts'
import type { Outcome } from '../../src/cli/output.ts'

/** The public key that others pin, alone on its line. */
export function showIdentity(role: string, publicKey: Uint8Array): Outcome {
  const identity = toHex(publicKey)
  return { document: { role, identity }, lines: [identity], exit: 0 }
}
