import { alignBytes, roundUp } from '../base/aligned.ts'
import type { DiskFile } from '../base/disk.ts'
import type { Primitives } from '../core/primitives.ts'
import { readRecordHeader, recordDataOffset, recordSpan, type RecordHeader } from './record.ts'

const windowBytesMin = 4096
const windowBytesMax = 1024 * 1024

export interface ScannedRecord {
  /** Views, valid until the next record is asked for. */
  readonly header: RecordHeader
  readonly offset: number
  /** The shard's own header, as it is on disk; of other records bytes without meaning. */
  readonly shardHeader: Uint8Array
}

export interface ScanOptions {
  readonly primitives: Primitives
  readonly storeKey: Uint8Array
  readonly segment: number
  readonly from: number
}

/** All records of a segment from `from` on, in order, by their headers alone. */
export async function* scanSegment(
  file: DiskFile,
  { primitives, storeKey, segment, from }: ScanOptions,
): AsyncGenerator<ScannedRecord> {
  const window = new ReadWindow(file)
  const endOffset = await file.size()
  for (let offset = from; offset < endOffset;) {
    if (!window.holds(offset)) await window.load(offset)
    const bytes = window.at(offset)
    const header = readRecordHeader(primitives, bytes, { storeKey, segment, offset })
    if (header === undefined) {
      offset = roundUp(offset + 1, alignBytes)
      continue
    }
    yield { header, offset, shardHeader: bytes.subarray(128, recordDataOffset) }
    offset += recordSpan(header.bodyBytes)
  }
}

/** Reads little where records are far apart, and more and more at once where they are close. */
class ReadWindow {
  readonly #file: DiskFile
  #memory = new Uint8Array(windowBytesMin)
  #position = 0
  #length = 0

  constructor(file: DiskFile) {
    this.#file = file
  }

  /** Up to 256 bytes at `offset`, which was loaded. */
  at(offset: number): Uint8Array {
    const start = offset - this.#position
    return this.#memory.subarray(start, Math.min(start + recordDataOffset, this.#length))
  }

  holds(offset: number): boolean {
    return offset >= this.#position && offset + recordDataOffset <= this.#position + this.#length
  }

  async load(offset: number): Promise<void> {
    const near = offset < this.#position + this.#length + windowBytesMin
    const wanted = near ? Math.min(this.#memory.length * 2, windowBytesMax) : windowBytesMin
    if (wanted !== this.#memory.length) this.#memory = new Uint8Array(wanted)
    this.#position = offset
    this.#length = await this.#file.read(this.#memory, offset)
  }
}
