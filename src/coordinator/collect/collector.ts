/**
 * The service that removes what nothing refers to. Each job is idempotent and bounded; they take turns, and
 * deletion goes in the reverse of writing: references, chunks, packs, shards.
 */
import type { Id } from '../../catalogue/ids.ts'
import type { BackgroundService } from '../background-loop.ts'
import type { NodesWorld } from '../nodes-world.ts'
import { ClockGuard } from './clock-guard.ts'
import { deleteShards } from './node-deletes.ts'
import type { Strangers } from './strangers.ts'

/** Does one batch; returns how much it went through, 0 when there was nothing to do. */
type CollectJob = (signal?: AbortSignal) => Promise<number>

export class Collector implements BackgroundService {
  readonly #world: NodesWorld
  readonly #strangers: Strangers
  readonly #guard: ClockGuard
  readonly #jobs: readonly CollectJob[]
  #next = 0
  #doneInRound = 0
  /** Nodes that are up and did not delete, in this round. */
  readonly #refusing = new Set<Id>()
  #wasSteady = true

  constructor(world: NodesWorld, strangers: Strangers) {
    const { clock, limits } = world.context
    this.#world = world
    this.#strangers = strangers
    this.#guard = new ClockGuard(clock, {
      jumpMaxMs: limits.clockJumpMaxMs,
      restMs: limits.clockJumpRestMs,
    })
    this.#jobs = [
      () => this.#expireUploads(),
      () => this.#purge(),
      () => this.#markTrash(),
      () => this.#emptyTrash(),
      (signal) => this.#deleteDead(signal),
      (signal) => this.#strangers.collect(signal),
    ]
  }

  /** One batch of one job. False at the end of a round that found nothing. */
  async step(signal?: AbortSignal): Promise<boolean> {
    if (!this.#isSteady()) return false
    const done = await this.#work(this.#jobs[this.#next]!, signal)
    this.#doneInRound += done
    if (done > 0) return true
    this.#next = (this.#next + 1) % this.#jobs.length
    if (this.#next > 0) return true
    const worked = this.#doneInRound > 0
    this.#doneInRound = 0
    this.#refusing.clear()
    return worked
  }

  /** A job that fails is over for this round: those behind it have their turn. */
  async #work(job: CollectJob, signal?: AbortSignal): Promise<number> {
    try {
      return await job(signal)
    } catch (error) {
      if (signal?.aborted === true) throw error
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#world.context.logger.error('collecting failed', { job: this.#next, reason })
      return 0
    }
  }

  #isSteady(): boolean {
    const { logger, notices } = this.#world.context
    const steady = this.#guard.steady()
    if (steady === this.#wasSteady) return steady
    this.#wasSteady = steady
    if (steady) {
      logger.info('collecting again')
      notices.clear({ kind: 'clock-jumped' })
    } else {
      logger.error('collection rests: the clock jumped')
      notices.set({ kind: 'clock-jumped' })
    }
    return steady
  }

  #expireUploads(): Promise<number> {
    const { catalogue, limits } = this.#world.context
    return catalogue.expireUploads(limits.collectBatchMax)
  }

  #purge(): Promise<number> {
    const { catalogue, clock, limits } = this.#world.context
    const beforeMs = clock.nowMs() - limits.retentionMs
    return catalogue.purge({ beforeMs, most: limits.purgeRowsMax })
  }

  async #markTrash(): Promise<number> {
    const { catalogue, limits } = this.#world.context
    return (await catalogue.markTrash(limits.purgeRowsMax)).marked
  }

  async #emptyTrash(): Promise<number> {
    const { catalogue, clock, limits } = this.#world.context
    const beforeMs = clock.nowMs() - limits.trashMs
    const { chunks, packs } = await catalogue.emptyTrash({ beforeMs, most: limits.purgeRowsMax })
    return chunks + packs
  }

  /** A batch at each node: none waits for another. */
  async #deleteDead(signal?: AbortSignal): Promise<number> {
    const nodes = this.#world.context.cluster.up().filter((node) => !this.#refusing.has(node))
    const gone = await Promise.all(nodes.map((node) => this.#deleteDeadAt(node, signal)))
    return gone.reduce((sum, count) => sum + count, 0)
  }

  async #deleteDeadAt(node: Id, signal?: AbortSignal): Promise<number> {
    const { catalogue, limits } = this.#world.context
    const dead = await catalogue.deadShards(limits.collectBatchMax, [node])
    if (dead.length === 0) return 0
    const gone = await deleteShards(this.#world, dead, signal)
    if (gone.length === 0) this.#refusing.add(node)
    else await catalogue.shardsDeleted(gone)
    return gone.length
  }
}
