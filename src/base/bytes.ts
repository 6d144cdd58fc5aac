/** Small pure functions on bytes. Nothing here copies unless its name says so. */
import { smallBytes } from './small-bytes.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Decodes UTF-8; what is not UTF-8 becomes U+FFFD. */
export function utf8ToText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Whether the bytes are UTF-8 that decodes and encodes back to the same bytes. */
export function isUtf8(bytes: Uint8Array): boolean {
  return equalBytes(utf8(utf8ToText(bytes)), bytes)
}

export function toHex(bytes: Uint8Array): string {
  return bytes.toHex()
}

/** Bytes from lower- or upper-case hex; undefined when it is not hex. */
export function fromHex(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromHex(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false
  return true
}

/** Compares without leaving early: for secrets and MACs. */
export function equalSecrets(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  let difference = 0
  for (let at = 0; at < left.length; at += 1) difference |= left[at]! ^ right[at]!
  return difference === 0
}

/** Orders as bytes: negative, zero or positive. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shorter = Math.min(left.length, right.length)
  for (let at = 0; at < shorter; at += 1) {
    const difference = left[at]! - right[at]!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = smallBytes(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Copies of them that lie in one piece of memory: much cheaper to send to a thread, and to forget. */
export function inOnePiece(parts: readonly Uint8Array[]): Uint8Array[] {
  const whole = concatBytes(parts)
  let at = 0
  return parts.map(({ length }) => {
    at += length
    return whole.subarray(at - length, at)
  })
}

export function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}

/** Base64 as RFC 4648 section 4 has it, with padding: how bytes travel in JSON. */
export function toBase64(bytes: Uint8Array): string {
  return bytes.toBase64()
}

/** Bytes from strict base64; undefined when it is not. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' })
    // White space would be passed over: then the text is longer.
    return text.length === Math.ceil(bytes.length / 3) * 4 ? bytes : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
