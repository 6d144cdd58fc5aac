import { alignBytes, roundUp } from '../base/aligned.ts'
import type { DiskFile } from '../base/disk.ts'
import { limits } from '../base/limits.ts'
import type { Primitives } from '../core/primitives.ts'
import {
  readRecordHeader,
  recordAlignBytes,
  recordDataOffset,
  recordMagic,
  recordSpan,
  type RecordHeader,
} from './record.ts'
import { isUnreadable } from './unreadable.ts'

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
  /** Told of each block of 4,096 bytes that the disk cannot read: it is passed over. */
  readonly unreadable?: () => void
}

/**
 * All records of a segment from `from` on, in order, by their headers alone. Throws what the disk says when
 * more than `segmentUnreadableMax` blocks cannot be read.
 */
export async function* scanSegment(
  file: DiskFile,
  { primitives, storeKey, segment, from, unreadable }: ScanOptions,
): AsyncGenerator<ScannedRecord> {
  const window = new ReadWindow(file)
  const endOffset = await file.size()
  for (let offset = from; offset < endOffset;) {
    if (!window.holds(offset) && !(await window.load(offset))) {
      unreadable?.()
      offset = roundUp(offset + 1, alignBytes)
      continue
    }
    offset = window.mayBegin(offset)
    if (!window.holds(offset)) continue
    const bytes = window.at(offset)
    const header = readRecordHeader(primitives, bytes, { storeKey, segment, offset })
    if (header === undefined) {
      offset += recordAlignBytes
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
  #view = new DataView(this.#memory.buffer)
  #position = 0
  #length = 0
  #failures = 0

  constructor(file: DiskFile) {
    this.#file = file
  }

  /** 256 bytes at `offset`, which is held; zeros beyond the end of the file. */
  at(offset: number): Uint8Array {
    const start = offset - this.#position
    return this.#memory.subarray(start, start + recordDataOffset)
  }

  holds(offset: number): boolean {
    return offset >= this.#position && offset + recordDataOffset <= this.#position + this.#length
  }

  /** The first place from `offset` on that looks like a record, or the first that is not held. */
  mayBegin(offset: number): number {
    const end = this.#length - recordDataOffset
    let at = offset - this.#position
    while (at <= end && this.#view.getUint32(at, true) !== recordMagic) at += recordAlignBytes
    return this.#position + at
  }

  /** False when the disk cannot read even the block at `offset`. */
  async load(offset: number): Promise<boolean> {
    const near = offset < this.#position + this.#length + windowBytesMin
    const wanted = near ? Math.min(this.#memory.length * 2, windowBytesMax) : windowBytesMin
    const blockEnd = roundUp(offset + recordDataOffset, alignBytes)
    return (await this.#tryLoad(offset, wanted)) || this.#tryLoad(offset, blockEnd - offset)
  }

  async #tryLoad(offset: number, bytes: number): Promise<boolean> {
    if (bytes !== this.#memory.length) {
      this.#memory = new Uint8Array(bytes)
      this.#view = new DataView(this.#memory.buffer)
    }
    this.#position = offset
    this.#length = 0
    try {
      this.#memory.fill(0, await this.#file.read(this.#memory, offset))
    } catch (error) {
      this.#failures += 1
      if (!isUnreadable(error) || this.#failures > 2 * limits.segmentUnreadableMax) throw error
      return false
    }
    this.#length = bytes
    return true
  }
}
