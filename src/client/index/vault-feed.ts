/** Keeps a vault's index current from its feed, and trusts nothing in it before it was verified. */
import { hasCode } from '../../base/errors.ts'
import { forgedCommit, verifyCommit } from '../../core/commit-check.ts'
import type { FeedChain, FeedPiece } from '../../core/feed.ts'
import type { ControlAnswer } from '../../wire/control.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'
import { applyOwnCommit, checkOwnCommit, type OwnCommit } from './apply-own-commit.ts'
import { applyPart, type ApplyWorld } from './apply-part.ts'
import { checkFollows, forked, pointOf, writerKey } from './feed-chain.ts'
import { SharedRounds } from './shared-rounds.ts'
import type { FeedPoint, IndexEntry, VaultIndex, VaultPins } from './vault-index.ts'

export interface VaultFeed {
  readonly vault: OpenVault
  readonly index: VaultIndex
  /**
   * Afterwards the index holds every commit acknowledged before the call. Calls at one moment share their
   * requests. FEED_FORKED, TERM_OLD, RECORD_FORGED; nothing of a part that is refused is kept.
   */
  catchUp(signal?: AbortSignal): Promise<void>
  /** The feed as far as the index has it: what the next commit says it saw. */
  point(): FeedPoint
  /**
   * Brings a commit of our own into the index and into what is pinned, which `close` makes durable.
   * FEED_FORKED when it is not where it was said to be.
   */
  ownCommit(own: OwnCommit): Promise<void>
  /** Checks the signature of the commit that made this version, unless it was. RECORD_FORGED. */
  verifyVersion(entry: IndexEntry): void
  /** Before the session's. */
  close(): void
}

/** Opens the vault's index. Does not catch up. */
export function openFeed(session: Session, vault: OpenVault): VaultFeed {
  return new FollowedFeed(session, vault)
}

class FollowedFeed implements VaultFeed {
  readonly vault: OpenVault
  readonly #session: Session
  readonly #pins: VaultPins
  readonly #rounds = new SharedRounds(() => this.#round())
  readonly #verified = new Set<number>()
  #index: VaultIndex
  #chain: FeedChain | undefined
  /** Where the last commit of our own is. */
  #own: FeedPoint | undefined

  constructor(session: Session, vault: OpenVault) {
    this.vault = vault
    this.#session = session
    this.#index = this.#openIndex()
    this.#pins = session.pins
  }

  get index(): VaultIndex {
    return this.#index
  }

  async catchUp(signal?: AbortSignal): Promise<void> {
    await this.#rounds.join(signal)
  }

  point(): FeedPoint {
    return pointOf(this.#session.world.primitives, this.vault.vault, this.#index.state())
  }

  async ownCommit(own: OwnCommit): Promise<void> {
    const state = applyOwnCommit(this.#world, own)
    if (!state) {
      await this.catchUp()
      checkOwnCommit(this.#world, own)
    }
    this.#own = state ?? this.point()
    this.#pins.raiseFeed(this.vault.vault, this.#own)
  }

  verifyVersion(entry: IndexEntry): void {
    const { n } = entry
    if (this.#verified.has(n)) return
    const commit = this.#index.commit(n)
    if (!commit) throw forgedCommit(n, 'the index does not have it')
    if (!commit.verified) {
      const key = writerKey(this.vault, commit.writer)
      if (!key) throw forgedCommit(n, `its writer ${commit.writer} may not write here`)
      const { statement, signature } = commit
      verifyCommit(this.#session.world.primitives, { n, signed: { statement, signature } }, key)
      this.#index.transaction(() => this.#index.markVerified(n))
    }
    this.#verified.add(n)
  }

  close(): void {
    this.#index.close()
    if (this.#own) this.#pins.raiseFeed(this.vault.vault, this.#own, { durable: true })
  }

  get #world(): ApplyWorld {
    return {
      primitives: this.#session.world.primitives,
      vault: this.vault,
      index: this.#index,
    }
  }

  #openIndex(): VaultIndex {
    const { account } = this.#session.stored
    return this.#session.world.indexes.openIndex({ account, vault: this.vault.vault })
  }

  async #round(): Promise<void> {
    try {
      await this.#follow()
    } catch (error) {
      this.#chain = undefined
      this.#forgetWithheld(error)
      if (!hasCode(error, 'CORRUPT') || error.details.file === undefined) throw error
      this.#session.world.logger.warn('index was damaged and is fetched again', {
        vault: this.vault.vault,
      })
      this.#index.close()
      this.#index = this.#openIndex()
      this.#verified.clear()
      await this.#follow()
    }
  }

  /** What was kept before a lie was noticed may be a part of it. */
  #forgetWithheld(error: unknown): void {
    if (!hasCode(error, 'RECORD_FORGED') || !this.#isUnsettled()) return
    this.#index.transaction(() => this.#index.clear())
    this.#verified.clear()
  }

  /** Whether another process is on the way, or ended there, to where purged heads are settled. */
  #isUnsettled(): boolean {
    return this.#index.unsettled(1).length > 0
  }

  async #follow(): Promise<void> {
    for (;;) {
      const from = this.point()
      const seen = this.#highest(from)
      const piece = await this.#ask(from.n)
      checkFollows(piece, { ...seen, term: Math.max(seen.term, this.#session.stored.term) })
      const after = this.#apply(piece, seen)
      this.#session.noteTerm(piece.term)
      if (after.n >= piece.n && !this.#isUnsettled()) return
      if (after.n < piece.n && after.n === from.n)
        throw forked(`it stops at ${from.n}, and is said to go to ${piece.n}`)
    }
  }

  /** What was seen before the coordinator is asked: by this index, or by one that was lost since. */
  #highest(from: FeedPoint): FeedPoint {
    const pinned = this.#pins.get(this.vault.vault)?.feed
    return pinned && pinned.n > from.n ? pinned : from
  }

  async #ask(after: number): Promise<FeedPiece> {
    const { vault } = this.vault
    return feedPiece(await this.#session.control.call('feed', { vault, after }))
  }

  #apply(piece: FeedPiece, seen: FeedPoint): FeedPoint {
    const before = this.#index.state()
    const isKnown = piece.commits.length === 0 && before.n === piece.n
    if (isKnown && before.term === piece.term && !this.#isUnsettled()) return before
    const { state, chain } = applyPart(this.#world, piece, { chain: this.#chain, seen })
    this.#chain = chain
    this.#pins.raiseFeed(this.vault.vault, state)
    return state
  }
}

function feedPiece(answer: ControlAnswer<'feed'>): FeedPiece {
  const { term, n, h } = answer
  const commits = answer.commits.map((commit) => ({
    ...commit,
    operations: commit.operations.map((operation) => operation ?? undefined),
  }))
  return { term, n, h, commits }
}
