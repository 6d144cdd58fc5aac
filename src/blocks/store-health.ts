import { limits } from '../base/limits.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { StoreState } from './shard-store.ts'
import { stateAfter, storeFailure } from './store-failure.ts'

export interface StoreHealthOptions {
  readonly disk: Disk
  readonly logger: Logger
  readonly reserveBytes: number
}

/** What state the store is in, and how much room there is. */
export class StoreHealth {
  readonly #options: StoreHealthOptions
  #state: StoreState = { kind: 'serving' }
  #failures = 0
  /** As last asked, less what was written since. */
  #diskFreeBytes = 0

  constructor(options: StoreHealthOptions) {
    this.#options = options
  }

  get state(): StoreState {
    return this.#state
  }

  /** For new shards. */
  get freeBytes(): number {
    return Math.max(0, this.#diskFreeBytes - this.#options.reserveBytes)
  }

  get isOutOfSpace(): boolean {
    return this.#state.kind === 'read-only' && this.#state.cause === 'space'
  }

  wrote(bytes: number): void {
    this.#failures = 0
    this.#diskFreeBytes -= bytes
  }

  /** A write failed. Whether to try again at once, after cutting what it left behind. */
  failed(cause: unknown): 'try-again' | 'wait' {
    const failure = storeFailure('write to the store', cause)
    this.#failures += 1
    this.set(stateAfter(failure))
    return failure.code === 'READ_ONLY' && this.#failures < limits.storeFailuresMax
      ? 'try-again'
      : 'wait'
  }

  /** A vanished disk stays so until the store is opened again. */
  set(state: StoreState): void {
    if (this.#state.kind === 'disk-gone') return
    if (state.kind !== this.#state.kind) this.#log(state)
    this.#state = state
  }

  /** Asks the disk how much is free: the state follows. */
  async measure(): Promise<void> {
    try {
      this.#diskFreeBytes = (await this.#options.disk.space()).freeBytes
    } catch (cause) {
      this.set(stateAfter(storeFailure('look at the disk', cause)))
      return
    }
    if (this.#state.kind === 'serving' && this.freeBytes === 0) this.outOfSpace()
    // With room for more than a shard or two: a node at the edge would change its mind all the time
    const enoughBytes = this.#options.reserveBytes / 8
    if (this.isOutOfSpace && this.freeBytes > enoughBytes) this.set({ kind: 'serving' })
  }

  outOfSpace(): void {
    const { reserveBytes } = this.#options
    const reason = `Cannot store more: the disk has no free space beyond the reserve of ${reserveBytes} bytes`
    this.set({ kind: 'read-only', cause: 'space', reason })
  }

  #log(state: StoreState): void {
    const { logger } = this.#options
    if (state.kind === 'serving') logger.info('store-serving')
    else logger.warn(`store-${state.kind}`, { reason: state.reason, ...mendOf(state) })
  }
}

function mendOf({ kind }: StoreState): { readonly mend?: string } {
  return kind === 'disk-gone' ? { mend: 'restart the node when its disk is there again' } : {}
}
