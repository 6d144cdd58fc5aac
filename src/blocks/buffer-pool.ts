import { alignBytes, alignedBytes, roundUp } from '../base/aligned.ts'
import { recordHeaderBytes } from './record.ts'

/**
 * Memory for shard bodies on their way from a socket to the disk. The block is page-aligned and begins
 * with room for the record header, so that what the socket filled is written as it is, without a copy.
 */
export interface ShardBuffer {
  /** The shard's header (128 bytes) and data: exactly what was asked for. Not zeroed. */
  readonly body: Uint8Array
  /** Room for the record header, the body, and up to the next multiple of 4,096. */
  readonly block: Uint8Array
  /** Gives the memory back; nobody may use `body` afterwards. A second call does nothing. */
  release(): void
}

interface Waiter {
  readonly bodyBytes: number
  readonly take: (buffer: ShardBuffer) => void
}

/** At most `bytesMax` in use or kept for use; who asks for more waits, first come first served. */
export class BufferPool {
  readonly #bytesMax: number
  readonly #kept = new Map<number, Uint8Array[]>()
  readonly #waiters: Waiter[] = []
  #keptBytes = 0
  #usedBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Undefined when the memory is used up or others wait. */
  tryTake(bodyBytes: number): ShardBuffer | undefined {
    return this.#waiters.length > 0 ? undefined : this.#takeNow(bodyBytes)
  }

  take(bodyBytes: number, signal?: AbortSignal): Promise<ShardBuffer> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    const buffer = this.tryTake(bodyBytes)
    if (buffer !== undefined) return Promise.resolve(buffer)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        reject(signal?.reason as Error)
        this.#serveWaiters()
      }
      const take = (taken: ShardBuffer): void => {
        signal?.removeEventListener('abort', leave)
        resolve(taken)
      }
      const waiter: Waiter = { bodyBytes, take }
      this.#waiters.push(waiter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #takeNow(bodyBytes: number): ShardBuffer | undefined {
    const blockBytes = roundUp(recordHeaderBytes + bodyBytes, alignBytes)
    const classBytes = sizeClass(blockBytes)
    // One that is larger than the whole pool is still served, alone
    if (this.#usedBytes > 0 && this.#usedBytes + classBytes > this.#bytesMax) return undefined
    const memory = this.#memory(classBytes)
    this.#usedBytes += classBytes
    let out = true
    return {
      body: memory.subarray(recordHeaderBytes, recordHeaderBytes + bodyBytes),
      block: memory.subarray(0, blockBytes),
      release: () => {
        if (!out) return
        out = false
        this.#usedBytes -= classBytes
        this.#keep(classBytes, memory)
        this.#serveWaiters()
      },
    }
  }

  #memory(classBytes: number): Uint8Array {
    const kept = this.#kept.get(classBytes)?.pop()
    if (kept !== undefined) {
      this.#keptBytes -= classBytes
      return kept
    }
    if (this.#usedBytes + this.#keptBytes + classBytes > this.#bytesMax) this.#dropKept()
    return alignedBytes(classBytes)
  }

  #keep(classBytes: number, memory: Uint8Array): void {
    const list = this.#kept.get(classBytes)
    if (list === undefined) this.#kept.set(classBytes, [memory])
    else list.push(memory)
    this.#keptBytes += classBytes
  }

  #dropKept(): void {
    this.#kept.clear()
    this.#keptBytes = 0
  }

  #serveWaiters(): void {
    for (;;) {
      const first = this.#waiters[0]
      const buffer = first && this.#takeNow(first.bodyBytes)
      if (first === undefined || buffer === undefined) return
      this.#waiters.shift()
      first.take(buffer)
    }
  }
}

/** The next of 4 sizes per power of two, so that buffers of like sizes can be used again. */
function sizeClass(blockBytes: number): number {
  const power = 2 ** Math.max(14, Math.floor(Math.log2(blockBytes)))
  return roundUp(blockBytes, Math.max(alignBytes, power / 4))
}
