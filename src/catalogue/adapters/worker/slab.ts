/**
 * Bytes on their way between threads: all blobs of one message are copied into one buffer, which moves
 * without a copy. So no blob drags along a larger buffer that it is a part of, and a thousand small ones
 * cost as much as one.
 */

export interface Packed {
  readonly message: unknown
  /** To be transferred. */
  readonly slab: ArrayBuffer
}

/** The message with every blob a view into the slab. Plain objects, arrays, maps and blobs. */
export function packMessage(message: unknown): Packed {
  const slab = new ArrayBuffer(blobBytes(message))
  const place = { slab, at: 0 }
  return { message: moved(message, place), slab }
}

function blobBytes(value: unknown): number {
  if (value instanceof Uint8Array) return value.length
  let bytes = 0
  for (const each of partsOf(value)) bytes += blobBytes(each)
  return bytes
}

function partsOf(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value
  return value instanceof Map ? value.values() : Object.values(value)
}

interface SlabPlace {
  readonly slab: ArrayBuffer
  at: number
}

function moved(value: unknown, place: SlabPlace): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return movedBlob(value, place)
  if (Array.isArray(value)) return value.map((each) => moved(each, place))
  if (value instanceof Map) {
    return new Map(value.entries().map(([key, each]) => [key, moved(each, place)]))
  }
  const copy: Record<string, unknown> = {}
  for (const [name, each] of Object.entries(value)) copy[name] = moved(each, place)
  return copy
}

function movedBlob(blob: Uint8Array, place: SlabPlace): Uint8Array {
  const view = new Uint8Array(place.slab, place.at, blob.length)
  view.set(blob)
  place.at += blob.length
  return view
}
