import { limits } from '../base/limits.ts'

export interface SendBuffer {
  /** Exactly as many bytes as were asked for. */
  readonly bytes: Uint8Array
  /** Gives it back, once. */
  release(): void
}

interface Waiter {
  readonly classBytes: number
  readonly take: () => void
}

/**
 * Memory for bytes on their way from the disk to a socket. At most `bytesMax` are out; who asks for more waits
 * in turn.
 */
export class SendPool {
  readonly #bytesMax: number
  readonly #kept = new Map<number, Uint8Array[]>()
  readonly #waiting = new Set<Waiter>()
  #outBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get outBytes(): number {
    return this.#outBytes
  }

  /** At most `readChunkBytes`. Rejects with the signal's reason. */
  async take(count: number, signal: AbortSignal): Promise<SendBuffer> {
    signal.throwIfAborted()
    const classBytes = count <= limits.leafBytes ? limits.leafBytes : limits.readChunkBytes
    if (this.#waiting.size > 0 || !this.#fits(classBytes)) await this.#wait(classBytes, signal)
    else this.#outBytes += classBytes
    const memory = this.#kept.get(classBytes)?.pop() ?? new Uint8Array(classBytes)
    return { bytes: memory.subarray(0, count), release: () => this.#give(memory) }
  }

  #fits(classBytes: number): boolean {
    return this.#outBytes === 0 || this.#outBytes + classBytes <= this.#bytesMax
  }

  #give(memory: Uint8Array): void {
    this.#outBytes -= memory.length
    const kept = this.#kept.get(memory.length)
    if (kept === undefined) this.#kept.set(memory.length, [memory])
    else if ((kept.length + 1) * memory.length <= this.#bytesMax / 2) kept.push(memory)
    this.#serve()
  }

  #serve(): void {
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.classBytes)) return
      this.#waiting.delete(waiter)
      this.#outBytes += waiter.classBytes
      waiter.take()
    }
  }

  #wait(classBytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(waiter)
        reject(signal.reason as Error)
        this.#serve()
      }
      const waiter: Waiter = {
        classBytes,
        take() {
          signal.removeEventListener('abort', abort)
          resolve()
        },
      }
      this.#waiting.add(waiter)
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}
