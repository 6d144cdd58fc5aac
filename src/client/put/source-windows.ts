import type { CutChunk, Engine, SourceHandle, Span, WindowResult } from '../engine/engine.ts'
import { orAborted } from '../../wire/or-aborted.ts'
import type { Windows } from './put-work.ts'
import type { WindowSlot } from './window-slots.ts'

export interface ReadWindow {
  /** Valid until the next one is asked for; `use` keeps it longer. */
  readonly window: WindowSlot
  readonly result: WindowResult
  /** For each of its chunks, whether it need not be sent: asked as soon as it was read. */
  readonly known: Promise<readonly boolean[]>
}

export interface WindowsParts {
  readonly engine: Engine
  readonly windows: Windows
  readonly known: (chunks: readonly CutChunk[]) => Promise<readonly boolean[]>
  readonly signal?: AbortSignal | undefined
}

/** The windows of a source in order: while one is worked on, the next is being read. */
export class SourceWindows {
  readonly #parts: WindowsParts
  readonly #handle: SourceHandle
  #bytesExpected: number | undefined
  /** The window before, which the next may carry bytes over from. */
  #before: WindowSlot | undefined
  #next: Promise<ReadWindow> | undefined
  #hashed: Promise<unknown> = Promise.resolve()

  constructor(parts: WindowsParts, handle: SourceHandle, bytesExpected: number | undefined) {
    this.#parts = parts
    this.#handle = handle
    this.#bytesExpected = handle.stat?.bytes ?? bytesExpected
  }

  async next(): Promise<ReadWindow> {
    this.#parts.signal?.throwIfAborted()
    const read = await (this.#next ?? this.#read(undefined))
    this.#before?.release()
    this.#before = read.window
    // What goes on behind its first window is longer than it seemed.
    this.#bytesExpected = undefined
    this.#next = read.result.end ? undefined : this.#read(read.result.carry)
    this.#next?.catch(() => {})
    return read
  }

  /** Waits for what is being read and gives all back. */
  async end(): Promise<void> {
    const [ahead] = await Promise.allSettled([this.#next])
    if (ahead.status === 'fulfilled') ahead.value?.window.release()
    this.#before?.release()
    await this.#hashed
  }

  async #read(carry: Span | undefined): Promise<ReadWindow> {
    const { engine, windows, signal } = this.#parts
    const window = await windows.take(this.#bytesExpected)
    try {
      const { source, stat } = this.#handle
      const reading = engine.window({ source, slot: window.slot, carry })
      // Standard input may give nothing for ever: it is not waited for once the put is given up.
      const result = stat ? await reading : await orAborted(reading, signal)
      const release = window.use()
      this.#hashed = result.hashed.then(release, release)
      const known = this.#parts.known(result.chunks)
      known.catch(() => {})
      return { window, result, known }
    } catch (error) {
      window.release()
      throw error
    }
  }
}
