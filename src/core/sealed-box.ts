/**
 * The frame all small sealed texts share (docs/format.md): `u8` format ‖ nonce[12] ‖ ciphertext ‖ tag[16].
 * What opens was sealed by someone who holds the key, for exactly this context.
 */
import { assert } from '../base/assert.ts'
import { HoldfastError } from '../base/errors.ts'
import { smallBytes } from '../base/small-bytes.ts'
import type { Primitives } from './primitives.ts'
import { keyBytes, nonceBytes, sized, tagBytes } from './sized.ts'

/** Bytes that sealing adds. */
export const boxOverheadBytes = 1 + nonceBytes + tagBytes
export const boxFormat = 1

export interface BoxToSeal {
  readonly key: Uint8Array
  /** 12 random bytes, never twice with one key. */
  readonly nonce: Uint8Array
  readonly context: Uint8Array
  readonly parts: readonly Uint8Array[]
}

/** Seals into a new array. */
export function sealBox(primitives: Primitives, box: BoxToSeal): Uint8Array {
  let length = boxOverheadBytes
  for (const part of box.parts) length += part.length
  return sealBoxInto(primitives, box, smallBytes(length))
}

/** Seals into `target`, which has exactly the sealed length, and gives it back. */
export function sealBoxInto(
  primitives: Primitives,
  box: BoxToSeal,
  target: Uint8Array,
): Uint8Array {
  assert(target.length >= boxOverheadBytes, 'the target is too short for a sealed text')
  target[0] = boxFormat
  target.set(sized(box.nonce, nonceBytes, 'a nonce'), 1)
  const { nonce, context } = box
  const sealing = { key: sized(box.key, keyBytes, 'a key'), nonce, context }
  primitives.seal(sealing, box.parts, target.subarray(1 + nonceBytes))
  return target
}

export interface BoxToOpen {
  readonly key: Uint8Array
  readonly context: Uint8Array
  /** Names it in errors: 'sealed name'. */
  readonly what: string
}

/**
 * Opens into a new array. MALFORMED when it is too short, VERSION_UNSUPPORTED for another format,
 * RECORD_FORGED when the tag is wrong: the bytes, the context or the key are not those it was sealed with.
 */
export function openBox(primitives: Primitives, box: BoxToOpen, sealed: Uint8Array): Uint8Array {
  checkBoxFormat(sealed, box.what)
  const inside = smallBytes(sealed.length - boxOverheadBytes)
  if (!openBoxInto(primitives, { ...box, sealed, target: inside })) {
    throw new HoldfastError(
      'RECORD_FORGED',
      `Cannot open a ${box.what}: it was not sealed with this vault's key for this place`,
    )
  }
  return inside
}

export interface BoxIntoTarget {
  readonly key: Uint8Array
  readonly context: Uint8Array
  /** Its format was checked. */
  readonly sealed: Uint8Array
  /** Sealed length less `boxOverheadBytes`. */
  readonly target: Uint8Array
}

/** False, with the target zeroed, when the tag is wrong. */
export function openBoxInto(primitives: Primitives, box: BoxIntoTarget): boolean {
  const nonce = box.sealed.subarray(1, 1 + nonceBytes)
  const sealing = { key: box.key, nonce, context: box.context }
  return primitives.open(sealing, box.sealed.subarray(1 + nonceBytes), box.target)
}

/** MALFORMED when it is too short to be one, VERSION_UNSUPPORTED for another format. */
export function checkBoxFormat(sealed: Uint8Array, what: string): void {
  if (sealed.length < boxOverheadBytes) {
    throw new HoldfastError(
      'MALFORMED',
      `Cannot read a ${what}: it has ${sealed.length} bytes, at least ${boxOverheadBytes} are needed`,
    )
  }
  checkFormat(sealed[0]!, what)
}

/** Format 1 is all there is. 0 never was one. */
export function checkFormat(found: number, what: string): void {
  if (found === boxFormat) return
  if (found === 0) throw new HoldfastError('MALFORMED', `Cannot read a ${what}: its format is 0`)
  throw new HoldfastError(
    'VERSION_UNSUPPORTED',
    `Cannot read a ${what}: its format is ${found}, this program knows ${boxFormat}`,
  )
}
