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

  constructor(world: HealWorld, census: Census) {
    this.#world = world
    this.#census = census
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
    const { catalogue, limits } = this.#world.context
    const packsMax = limits.healScanPacksMax
    const packs = await catalogue.packsToHeal({ cursor: this.#cursor, packsMax })
    this.#queue = packs.filter(
      (pack) => !this.#malformed.has(pack.pack) && canRebuild(this.#world, pack),
    )
    this.#cursor = packs.at(-1)?.pack
    if (packs.length > 0) return true
    const changed = this.#rebuiltInSweep > 0
    this.#rebuiltInSweep = 0
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
