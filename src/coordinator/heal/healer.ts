/**
 * The service that restores what is missing: counts what nodes hold that answer again, and rebuilds shards.
 * All it knows is in rows; what it keeps in memory only saves work.
 */
import { HoldfastError } from '../../base/errors.ts'
import type { Id } from '../../catalogue/ids.ts'
import type { PackPlaces } from '../../catalogue/rows/packs.ts'
import type { BackgroundService } from '../background-loop.ts'
import type { Census } from './census.ts'
import { canRebuild, rebuildPack, type HealWorld } from './rebuild.ts'
import { lookAtSuspect } from './look-at-suspect.ts'

export class Healer implements BackgroundService {
  readonly #world: HealWorld
  readonly #census: Census
  /** No codewords, or refused by their nodes: left alone until the next start. */
  readonly #malformed = new Set<Id>()
  #queue: PackPlaces[] = []
  #cursor: Id | undefined
  #rebuiltInSweep = 0
  #possibleInSweep = 0
  #sweepBeganMs = 0
  /** By the monotonic clock: a list of what cannot be healed is not read over and over. */
  #restUntilMs = 0

  constructor(world: HealWorld, census: Census) {
    this.#world = world
    this.#census = census
  }

  /** What could not be healed may be possible now. */
  rouse(): void {
    this.#restUntilMs = 0
  }

  /** A page of a census, or a suspect, or up to `healPacksMax` packs, or the next packs to look at. */
  async step(signal?: AbortSignal): Promise<boolean> {
    if (await this.#census.step(signal)) return true
    if (await lookAtSuspect(this.#world, signal)) return true
    if (this.#queue.length === 0) return this.#nextPacks()
    const { healPacksMax } = this.#world.context.limits
    const batch = this.#queue.splice(0, healPacksMax)
    await Promise.all(batch.map((pack) => this.#rebuild(pack, signal)))
    return true
  }

  /** False at the end of a sweep that changed nothing. */
  async #nextPacks(): Promise<boolean> {
    const { catalogue, clock, limits } = this.#world.context
    const beganMs = clock.monotonicMs()
    if (beganMs < this.#restUntilMs) return false
    if (this.#cursor === undefined) this.#sweepBeganMs = beganMs
    const packsMax = limits.healScanPacksMax
    const packs = await catalogue.packsToHeal({ cursor: this.#cursor, packsMax })
    this.#queue = packs.filter(
      (pack) => !this.#malformed.has(pack.pack) && canRebuild(this.#world, pack),
    )
    this.#possibleInSweep += this.#queue.length
    this.#cursor = packs.at(-1)?.pack
    return packs.length > 0 || this.#endSweep()
  }

  /** Whether another is worth while at once. One that found nothing possible rests longer than it took. */
  #endSweep(): boolean {
    const { clock, limits } = this.#world.context
    const changed = this.#rebuiltInSweep > 0
    const nowMs = clock.monotonicMs()
    const restMs = (nowMs - this.#sweepBeganMs) * limits.healRestTimes
    if (this.#possibleInSweep === 0) {
      this.#restUntilMs = nowMs + Math.min(restMs, limits.healRestMaxMs)
    }
    this.#rebuiltInSweep = 0
    this.#possibleInSweep = 0
    return changed
  }

  async #rebuild(pack: PackPlaces, signal?: AbortSignal): Promise<void> {
    const { logger } = this.#world.context
    try {
      const outcome = await rebuildPack(this.#world, pack, signal)
      if (outcome === 'rebuilt') this.#rebuiltInSweep += 1
      if (outcome === 'malformed') this.#leave(pack.pack)
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof HoldfastError)) throw error
      logger.warn('rebuilding failed', { pack: pack.pack, code: error.code, ...error.details })
    }
  }

  #leave(pack: Id): void {
    const { limits, logger } = this.#world.context
    logger.error('pack is no codeword', { pack })
    if (this.#malformed.size < limits.malformedPacksMax) this.#malformed.add(pack)
  }
}
