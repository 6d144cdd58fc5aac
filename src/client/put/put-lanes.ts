import { HoldfastError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Path } from '../tree/path.ts'
import { Bounded } from './bounded.ts'
import type { PutOutcomes } from './put-outcomes.ts'

interface Destined {
  readonly to: Path
}

export type LaneName = 'batches' | 'commits' | 'large'

/** The ways on which a put does things side by side. What cannot begin on one any more is told as failed. */
export class PutLanes {
  readonly #outcomes: PutOutcomes
  readonly #lanes: Readonly<Record<LaneName, Bounded>>

  constructor(outcomes: PutOutcomes, { threads }: { readonly threads: number }) {
    this.#outcomes = outcomes
    this.#lanes = {
      batches: new Bounded(threads + 1),
      commits: new Bounded(limits.commitOperationsMax * 4),
      large: new Bounded(limits.largeFilesMax),
    }
  }

  /** Resolves when it has begun. Rejects, and has told of the items, when it cannot begin any more. */
  async run(lane: LaneName, items: readonly Destined[], work: () => Promise<void>): Promise<void> {
    try {
      await this.#lanes[lane].run(work)
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      for (const { to } of items) this.#outcomes.failed(to, error)
      throw error
    }
  }

  /** The same for who does not wait: `idle` tells of the failure. */
  begin(lane: LaneName, item: Destined, work: () => Promise<void>): void {
    this.run(lane, [item], work).catch(() => {})
  }

  /** A failure is this item's outcome; one that would meet the others too ends the put. */
  async guard(to: Path, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      const isOnly = aboutOneItem.has(error.code)
      if (!isOnly) this.#outcomes.end(error)
      this.#outcomes.failed(to, error)
      if (!isOnly) throw error
    }
  }

  /** Resolves when nothing is under way; rejects with the first failure, if there was one. */
  async idle(): Promise<void> {
    await this.#lanes.batches.idle()
    // Files that had grown too large for their batch have joined these.
    await this.#lanes.large.idle()
    await this.#lanes.commits.idle()
  }

  /** Resolves when nothing is under way, failed or not. */
  async settled(): Promise<void> {
    await this.#lanes.batches.settled()
    await this.#lanes.commits.settled()
    await this.#lanes.large.settled()
  }
}

/** After others nothing else would succeed either. */
const aboutOneItem: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'UNREADABLE',
  'KIND_CONFLICT',
  'BAD_NAME',
  'EXISTS',
  'CHANGED',
  'CHUNKS_MISSING',
  'OVER_LIMIT',
])
