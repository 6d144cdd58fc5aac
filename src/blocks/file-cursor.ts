import type { DiskFile } from '../base/disk.ts'
import { HoldfastError } from '../base/errors.ts'

const windowBytesMin = 1024 * 1024

export interface FileCursorOptions {
  /** What the file is, for the error. */
  readonly name: string
  readonly fileBytes: number
}

/** Reads a file from front to back, a window of about 1 MiB at a time, whatever its size. */
export class FileCursor {
  readonly #file: DiskFile
  readonly #options: FileCursorOptions
  #window = new Uint8Array(0)
  /** Of the window, in the file. */
  #position = 0
  #at = 0

  constructor(file: DiskFile, options: FileCursorOptions) {
    this.#file = file
    this.#options = options
  }

  get restBytes(): number {
    return this.#options.fileBytes - this.#at
  }

  /** The next `count` bytes, valid until the next call. Throws MALFORMED when the file ends before. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.peek(count)
    this.#at += count
    return bytes
  }

  /** The same without going on. */
  async peek(count: number): Promise<Uint8Array> {
    if (count > this.restBytes) throw this.#tooShort(count)
    let start = this.#at - this.#position
    if (start + count > this.#window.length) {
      await this.#load(count)
      start = 0
    }
    if (count > this.#window.length) throw this.#tooShort(count)
    return this.#window.subarray(start, start + count)
  }

  async #load(count: number): Promise<void> {
    const memory = new Uint8Array(Math.min(Math.max(count, windowBytesMin), this.restBytes))
    this.#window = memory.subarray(0, await this.#file.read(memory, this.#at))
    this.#position = this.#at
  }

  #tooShort(count: number): HoldfastError {
    const { name, fileBytes } = this.#options
    const message = `Cannot read ${name}: ${count} bytes at ${this.#at} of ${fileBytes} are needed`
    return new HoldfastError('MALFORMED', message)
  }
}
