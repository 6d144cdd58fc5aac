/** What memory, positions and lengths of direct writes are multiples of. */
export const alignBytes = 4096

/**
 * Page-aligned zeroed memory. Only buffers that could be resized are mapped page by page; this one never
 * is. Costs page faults when first touched: keep it and use it again.
 */
export function alignedBytes(length: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length, { maxByteLength: length }), 0, length)
}

/** Whether `bytes` can be written directly: it comes from `alignedBytes`, and begins and ends at a page. */
export function isAligned(bytes: Uint8Array): boolean {
  const buffer = bytes.buffer as ArrayBuffer
  return buffer.resizable && (bytes.byteOffset | bytes.length) % alignBytes === 0
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple
}
