/** CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds damage by accident, proves nothing. */

const table = new Uint32Array(256)
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  table[byte] = value
}

/** Of `bytes`, going on from `before`: the CRC of what stood before them. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let value = ~before
  for (let at = 0; at < bytes.length; at += 1) {
    value = table[(value ^ bytes[at]!) & 255]! ^ (value >>> 8)
  }
  return ~value >>> 0
}
