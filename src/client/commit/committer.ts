/** The one way a client makes anything visible: groups, signs, sends, and settles conflicts. */
import { sleep } from '../../base/clock.ts'
import { HoldfastError, type ErrorCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { randomFraction } from '../../base/random.ts'
import type { OwnCommit } from '../index/apply-own-commit.ts'
import type { VaultFeed } from '../index/vault-feed.ts'
import type { Session } from '../session.ts'
import { Batch } from './batch.ts'
import type { Draft, PlacedDraft } from './draft.ts'
import type { CommitOutcome, Pending } from './pending.ts'
import { sendBatch } from './send-batch.ts'
import { refusalOf, type Refusal } from './verdicts.ts'

/**
 * Pending operations that are there at one moment go into one commit; while one is under way, others
 * gather, and files are laid for the next as if it had succeeded already. A head that changed meanwhile is replaced (last writer wins), deleted parents are made again, at
 * most `limits.commitTriesMax` times. The paths are looked up when the commit is made.
 */
export interface Committer {
  readonly session: Session
  readonly feed: VaultFeed
  /**
   * Throws KIND_CONFLICT, NOT_FOUND, EXISTS, FOLDER_NOT_EMPTY, BAD_NAME, CHANGED (too many tries),
   * OVER_QUOTA, FORBIDDEN, FEED_FORKED, RECORD_FORGED, and what asking the coordinator throws. An answer
   * that is lost is asked for again, with the same bytes; after CONNECTION_LOST and its like, submitting the
   * same again stores nothing twice, and ends in CHANGED when it was committed and others have overwritten it
   * since. The signal ends only what was not sent yet.
   */
  submit(pending: Pending): Promise<CommitOutcome>
  /** Resolves when nothing is waiting or under way. */
  idle(): Promise<void>
}

/** The index of `feed` should have caught up once, or the first commit may be refused and made again. */
export function createCommitter(session: Session, feed: VaultFeed): Committer {
  return new GroupingCommitter(session, feed)
}

/** Codes of answers that prove the coordinator wrong. */
const distrust: ReadonlySet<ErrorCode> = new Set([
  'FEED_FORKED',
  'RECORD_FORGED',
  'TERM_OLD',
  'MALFORMED',
  'IDENTITY_MISMATCH',
])

/** A batch that is being laid, with the drafts it holds. */
interface Filling {
  readonly batch: Batch
  readonly placed: PlacedDraft[]
}

class GroupingCommitter implements Committer {
  readonly session: Session
  readonly feed: VaultFeed
  #waiting: Draft[] = []
  #underWay: Batch | undefined
  /** Laid behind what is under way. */
  #next: Filling | undefined
  #working: Promise<void> | undefined

  constructor(session: Session, feed: VaultFeed) {
    this.session = session
    this.feed = feed
  }

  submit(pending: Pending): Promise<CommitOutcome> {
    return new Promise((settle, fail) => {
      this.#waiting.push({ pending, settle, fail, refusals: 0, fresh: false })
      this.#working ??= this.#work()
      // What comes at the same moment comes before.
      if (this.#underWay) queueMicrotask(() => this.#layAhead())
    })
  }

  async idle(): Promise<void> {
    await this.#working
  }

  async #work(): Promise<void> {
    // One turn later, so that what is submitted at this moment goes together.
    await Promise.resolve()
    while (this.#waiting.length > 0 || this.#next) await this.#commitSome()
    this.#working = undefined
  }

  async #commitSome(): Promise<void> {
    if (!(await this.#followed())) return
    const { batch, placed } = this.#filled()
    if (placed.length === 0) return
    let own: OwnCommit
    try {
      own = await this.#send(batch)
    } catch (error) {
      this.#dropNext()
      await this.#refused(placed, batch, error)
      return
    }
    await this.#committed(placed, own)
  }

  /** What was laid ahead, and what waits. */
  #filled(): Filling {
    if (this.#next?.placed.some(({ draft }) => draft.pending.signal?.aborted)) this.#dropNext()
    const filling = this.#next ?? { batch: new Batch(this.session, this.feed), placed: [] }
    this.#next = undefined
    this.#fill(filling)
    return filling
  }

  async #send(batch: Batch): Promise<OwnCommit> {
    const sending = sendBatch(this.session, this.feed, batch)
    // Where something is removed, what is there afterwards is looked up.
    if (!batch.terms.removes) this.#underWay = batch
    this.#layAhead()
    try {
      return await sending
    } finally {
      this.#underWay = undefined
    }
  }

  #layAhead(): void {
    if (!this.#underWay || this.#waiting.length === 0) return
    this.#next ??= { batch: new Batch(this.session, this.feed, this.#underWay), placed: [] }
    this.#fill(this.#next)
  }

  /** What it was laid behind is not in the index: it is laid again. */
  #dropNext(): void {
    const drafts = this.#next?.placed.map(({ draft }) => draft) ?? []
    this.#next = undefined
    this.#waiting.unshift(...drafts)
  }

  /** It is durable: only proof that the coordinator lies makes it a failure. */
  async #committed(placed: readonly PlacedDraft[], own: OwnCommit): Promise<void> {
    try {
      await this.feed.ownCommit(own)
    } catch (error) {
      this.#dropNext()
      if (!(error instanceof HoldfastError) || distrust.has(error.code)) {
        for (const { draft } of placed) draft.fail(error)
        return
      }
      this.session.world.logger.warn('own commit is not in the index yet', { code: error.code })
    }
    this.#next?.batch.follow()
    for (const { draft, at } of placed) {
      draft.settle({ kind: 'committed', entry: own.entries[at]! })
    }
  }

  /** A statement names the term: of a feed never followed it is unknown. */
  async #followed(): Promise<boolean> {
    try {
      if (this.feed.point().term === 0) await this.feed.catchUp()
      return true
    } catch (error) {
      this.#dropNext()
      for (const draft of this.#waiting.splice(0)) draft.fail(error)
      return false
    }
  }

  /** Lays what waits, in order, up to the first that has to wait for the next commit. */
  #fill({ batch, placed }: Filling): void {
    let taken = 0
    for (const draft of this.#waiting) {
      const at = lay(batch, draft)
      if (at === 'later') break
      taken += 1
      if (at !== undefined) placed.push({ draft, at })
    }
    this.#waiting.splice(0, taken)
  }

  /** Many that change one path at once would else refuse each other again and again. */
  async #giveWay(placed: readonly PlacedDraft[]): Promise<void> {
    const refusals = Math.max(...placed.map(({ draft }) => draft.refusals))
    if (refusals === 0) return
    const { clock, random } = this.session.world
    const mostMs = Math.min(limits.commitPauseMaxMs, limits.commitPauseMs * refusals)
    await sleep(clock, mostMs * randomFraction(random))
  }

  async #refused(placed: readonly PlacedDraft[], batch: Batch, error: unknown): Promise<void> {
    try {
      const refusal = refusalOf(error, batch, placed)
      await this.#giveWay(placed)
      if (refusal.behind) await this.feed.catchUp()
      this.#waiting.unshift(...settleAll(placed, refusal))
    } catch (failure) {
      for (const { draft } of placed) draft.fail(failure)
    }
  }
}

/** Position of its operation, or undefined when it was settled at once. */
function lay(batch: Batch, draft: Draft): number | 'later' | undefined {
  try {
    draft.pending.signal?.throwIfAborted()
    const laid = batch.lay(draft.pending, draft)
    if (laid.kind === 'taken') return laid.at
    if (laid.kind === 'later') return 'later'
    const kind = laid.kind === 'done' ? 'committed' : 'unchanged'
    draft.settle({ kind, entry: laid.entry })
  } catch (error) {
    draft.fail(error)
  }
  return undefined
}

/** Tells who waits; gives those that go again. */
function settleAll(placed: readonly PlacedDraft[], { verdict }: Refusal): Draft[] {
  const again: Draft[] = []
  for (const one of placed) {
    const result = verdict(one)
    if (result.kind === 'again') again.push(one.draft)
    else if (result.kind === 'settled') one.draft.settle(result.outcome)
    else one.draft.fail(result.error)
  }
  return again
}
