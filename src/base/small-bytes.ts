/** Blocks of this size are cut into small pieces of memory. */
const blockBytes = 8192
const pieceBytesMax = 1024
/** Smaller ones lie in the heap, which is as cheap. */
const heapBytesMax = 64

let block = new Uint8Array(0)
let used = 0

/**
 * Zeroed memory. Small pieces are cut from shared blocks, at a tenth of what memory of their own costs: for
 * what is made by the thousand and soon forgotten, as a piece that is kept keeps its block. Nobody may give
 * away the buffer that it is a view of.
 */
export function smallBytes(length: number): Uint8Array {
  if (length <= heapBytesMax || length > pieceBytesMax) return new Uint8Array(length)
  if (used + length > block.length) {
    block = new Uint8Array(blockBytes)
    used = 0
  }
  used += length
  return block.subarray(used - length, used)
}
