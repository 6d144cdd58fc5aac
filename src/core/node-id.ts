import { label, labelledHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { idBytes, keyBytes, sized } from './sized.ts'

const nodeIdLabel = label('node id')

/** The id of the node with this Ed25519 key: 16 bytes (docs/format.md, section 1). */
export function nodeId(primitives: Primitives, publicKey: Uint8Array): Uint8Array {
  sized(publicKey, keyBytes, 'a public key')
  return labelledHash(primitives, nodeIdLabel, publicKey).slice(0, idBytes)
}
