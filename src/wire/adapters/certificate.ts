/**
 * The smallest certificate (RFC 5280) that TLS takes: self-signed with Ed25519 (RFC 8410), one fixed name, no
 * extensions, no end (section 4.1.2.5). Nobody reads anything of it but the key.
 */
import { concatBytes, fromHex, utf8 } from '../../base/bytes.ts'

const tags = { integer: 0x02, bits: 0x03, text: 0x0c, time: 0x18, sequence: 0x30, set: 0x31 }
const version3 = fromHex('a003020102')!
const ed25519 = fromHex('300506032b6570')!
const commonName = fromHex('0603550403')!

/** SubjectPublicKeyInfo of an Ed25519 key, but for the key. */
export const publicKeyInfo: Uint8Array = fromHex('302a300506032b6570032100')!

/** DER of a certificate for `publicKey` (32 bytes), signed by `sign`. */
export function certificateOf(
  publicKey: Uint8Array,
  sign: (body: Uint8Array) => Uint8Array,
): Uint8Array {
  const attribute = element(tags.sequence, commonName, element(tags.text, utf8('holdfast')))
  const name = element(tags.sequence, element(tags.set, attribute))
  const valid = element(tags.sequence, time('20200101000000Z'), time('99991231235959Z'))
  const serial = element(tags.integer, Uint8Array.of(1))
  const key = concatBytes([publicKeyInfo, publicKey])
  const body = element(tags.sequence, version3, serial, ed25519, name, valid, name, key)
  const signature = element(tags.bits, Uint8Array.of(0), sign(body))
  return element(tags.sequence, body, ed25519, signature)
}

function time(text: string): Uint8Array {
  return element(tags.time, utf8(text))
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(parts)
  return concatBytes([Uint8Array.of(tag, ...lengthOf(content.length)), content])
}

function lengthOf(count: number): number[] {
  if (count < 128) return [count]
  return count < 256 ? [0x81, count] : [0x82, count >> 8, count & 255]
}
