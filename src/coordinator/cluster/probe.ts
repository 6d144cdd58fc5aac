import { HoldfastError } from '../../base/errors.ts'
import type { Id } from '../../catalogue/ids.ts'
import type { BackgroundService } from '../background-loop.ts'
import { requestsTo, type NodesWorld } from '../nodes-world.ts'

/** Measures how long nodes that are up take to answer, each once in `probePeriodMs`. */
export class Probe implements BackgroundService {
  readonly #world: NodesWorld

  constructor(world: NodesWorld) {
    this.#world = world
  }

  /** All nodes once; false, as they are asked again only later. */
  async step(signal?: AbortSignal): Promise<boolean> {
    await Promise.all(this.#world.context.cluster.up().map((node) => this.#ask(node, signal)))
    return false
  }

  async #ask(node: Id, signal?: AbortSignal): Promise<void> {
    const { clock, cluster, limits, logger } = this.#world.context
    const beganMs = clock.monotonicMs()
    try {
      await requestsTo(this.#world, node)?.status({ signal, stallMs: limits.probePeriodMs })
      cluster.measured(node, clock.monotonicMs() - beganMs)
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof HoldfastError)) throw error
      logger.debug('probe not answered', { node, code: error.code })
    }
  }
}
