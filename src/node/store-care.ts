/** Looks after a node's store while the node serves: free space, compaction, the index on disk. */
import type { ShardStore } from '../blocks/shard-store.ts'
import { sleep } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'

export interface StoreCareOptions {
  readonly store: ShardStore
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Looks at the disk every `storeCareMs` and works off what the store has to do, one unit at a time, until
 * stopped; `stop` resolves when no unit is under way.
 */
export function startStoreCare(options: StoreCareOptions): { stop(): Promise<void> } {
  const ending = new AbortController()
  const running = careUntilAborted(options, ending.signal)
  return {
    async stop() {
      ending.abort()
      await running
    },
  }
}

async function careUntilAborted(options: StoreCareOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const done = await care(options)
    const pauseMs = done === 'did-some' ? limits.storeWorkPauseMs : limits.storeCareMs
    try {
      await sleep(options.clock, pauseMs, { signal, background: true })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

/** A unit that fails is begun again after the pause: the store says in its state what is wrong. */
async function care({ store, logger }: StoreCareOptions): Promise<'did-some' | 'nothing-to-do'> {
  try {
    await store.probe()
    return await store.work()
  } catch (error) {
    logger.warn('work on the store failed', { reason: String(error) })
    return 'nothing-to-do'
  }
}
