import type { Disk, DiskFile } from '../base/disk.ts'
import { segmentPath } from './segment-path.ts'

interface Reader {
  readonly file: Promise<DiskFile>
  users: number
  forgotten: boolean
}

/**
 * Open segments for reading, through the page cache; the least recently used are closed. More than `openMax`
 * are open only while so many are being read at the same moment.
 */
export class SegmentReaders {
  readonly #disk: Disk
  readonly #openMax: number
  readonly #readers = new Map<number, Reader>()

  constructor(disk: Disk, openMax: number) {
    this.#disk = disk
    this.#openMax = openMax
  }

  /** Bytes read: fewer than asked for only at the end of the file. NOT_FOUND when there is no such segment. */
  async read(segment: number, target: Uint8Array, position: number): Promise<number> {
    return this.use(segment, (file) => file.read(target, position))
  }

  async use<Value>(segment: number, work: (file: DiskFile) => Promise<Value>): Promise<Value> {
    const reader = this.#reader(segment)
    // Counted before others are closed: this one may be the only one that looks idle
    reader.users += 1
    this.#closeOldest()
    try {
      return await work(await reader.file)
    } finally {
      reader.users -= 1
      if (reader.forgotten) closeIdle(reader)
      else this.#closeOldest()
    }
  }

  /** Closes it, as soon as nobody reads it. */
  forget(segment: number): void {
    const reader = this.#readers.get(segment)
    if (reader === undefined) return
    this.#readers.delete(segment)
    reader.forgotten = true
    closeIdle(reader)
  }

  close(): void {
    for (const segment of this.#readers.keys()) this.forget(segment)
  }

  #reader(segment: number): Reader {
    const reader = this.#readers.get(segment) ?? this.#open(segment)
    this.#readers.delete(segment)
    this.#readers.set(segment, reader)
    return reader
  }

  #open(segment: number): Reader {
    const reader = {
      file: this.#disk.open(segmentPath(segment), {}),
      users: 0,
      forgotten: false,
    }
    // What could not be opened is tried again by the next one who asks
    reader.file.catch(() => {
      if (this.#readers.get(segment) === reader) this.#readers.delete(segment)
    })
    return reader
  }

  #closeOldest(): void {
    if (this.#readers.size <= this.#openMax) return
    for (const [segment, reader] of this.#readers) {
      if (this.#readers.size <= this.#openMax) return
      if (reader.users === 0) this.forget(segment)
    }
  }
}

/** Once for each reader: nobody begins to use one that is forgotten. */
function closeIdle(reader: Reader): void {
  if (reader.users > 0) return
  // Nothing was written through it: a failure to close loses nothing
  reader.file.then((file) => file.close()).catch(() => undefined)
}
