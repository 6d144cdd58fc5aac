import { toHex } from '../base/bytes.ts'
import { ByteWriter } from '../base/encoding.ts'
import type { Primitives } from '../core/primitives.ts'

/**
 * Primitives that remember the last right signatures: all receipts of a node's group commit carry the same
 * one, and a check of it costs a hundred hashes.
 */
export function rememberVerified(primitives: Primitives, most: number): Primitives {
  const right = new Set<string>()
  const verify: Primitives['verify'] = (publicKey, message, signature) => {
    const lengths = new ByteWriter(8).u32(publicKey.length).u32(message.length).finish()
    const name = toHex(primitives.blake3(lengths, publicKey, message, signature))
    if (right.has(name)) return true
    if (!primitives.verify(publicKey, message, signature)) return false
    for (const oldest of right) {
      if (right.size < most) break
      right.delete(oldest)
    }
    right.add(name)
    return true
  }
  return { ...primitives, verify }
}
