/** The two hashes of every format: `H` and `K` of docs/format.md, section 1. */
import { utf8 } from '../base/bytes.ts'
import type { Primitives } from './primitives.ts'

/** H(label, parts…): 32 bytes. `label` without its prefix `holdfast/1 `. */
export function hash(
  primitives: Primitives,
  label: string,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  return primitives.blake3(labelFrame(label), ...parts)
}

/** K(key, label, parts…): 32 bytes, of a 32-byte key. */
export function keyedHash(
  primitives: Primitives,
  key: Uint8Array,
  label: string,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  return primitives.blake3Keyed(key, labelFrame(label), ...parts)
}

function labelFrame(label: string): Uint8Array {
  const text = utf8(`holdfast/1 ${label}`)
  const frame = new Uint8Array(text.length + 1)
  frame[0] = text.length
  frame.set(text, 1)
  return frame
}
