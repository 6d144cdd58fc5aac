/** H and K of docs/format.md, section 1: BLAKE3 under a label, so that no two uses can meet. */
import { assert } from '../base/assert.ts'
import { concatBytes, utf8 } from '../base/bytes.ts'
import type { Primitives } from './primitives.ts'

/** Length and text of a label, as they go before the parts. Made once, where it is used. */
export interface Label {
  readonly kind: 'label'
  readonly framed: Uint8Array
}

/** `name` without the common beginning `holdfast/1 `. */
export function label(name: string): Label {
  const text = utf8(`holdfast/1 ${name}`)
  assert(text.length < 256, 'a label has at most 255 bytes')
  return Object.freeze({ kind: 'label', framed: concatBytes([Uint8Array.of(text.length), text]) })
}

/** The common beginning and `name`, without a length: how contexts and signed texts begin. */
export function domain(name: string): Uint8Array {
  return utf8(`holdfast/1 ${name}`)
}

/** H(label, parts…): 32 bytes. */
export function labelledHash(
  primitives: Primitives,
  use: Label,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  return primitives.blake3(use.framed, ...parts)
}

/** A key and the label it is used under: the first two arguments of K. */
export interface KeyUse {
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly label: Label
}

/** K(key, label, parts…): 32 bytes. */
export function labelledKeyedHash(
  primitives: Primitives,
  use: KeyUse,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  return primitives.blake3Keyed(use.key, use.label.framed, ...parts)
}
