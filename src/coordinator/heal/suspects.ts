import type { ShardKey } from '../../catalogue/rows/packs.ts'

/**
 * Shards that readers found wrong and that wait to be looked at, each once; what is too many is dropped: the
 * next reader tells again.
 */
export class Suspects {
  readonly #waitingMax: number
  readonly #waiting = new Map<string, ShardKey>()
  /** Called when there is something to look at. */
  onAdded: () => void = () => {}

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax
  }

  add(shard: ShardKey): void {
    const key = `${shard.pack} ${shard.index} ${shard.generation}`
    if (this.#waiting.size >= this.#waitingMax || this.#waiting.has(key)) return
    this.#waiting.set(key, shard)
    this.onAdded()
  }

  take(): ShardKey | undefined {
    for (const [key, shard] of this.#waiting) {
      this.#waiting.delete(key)
      return shard
    }
    return undefined
  }
}
