/**
 * The chain of a vault's commits (docs/format.md, section 10). A client that keeps its state finds every
 * feed that does not extend what it saw: shortened, forked, reordered or forged.
 *
 * Invariants.
 * 1. `extend` takes all commits or none: after a throw the chain is as it was.
 * 2. n rises by one with each commit; h(n) covers every statement up to n.
 * 3. What a writer said to have seen is what the chain has there.
 */
import { assert } from '../base/assert.ts'
import { concatBytes, equalBytes, toHex } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import {
  checkCommit,
  forgedCommit,
  verifyCommit,
  type CheckedCommit,
  type FeedCommit,
} from './commit-check.ts'
import { firstFeedHash, nextFeedHash } from './feed-hash.ts'
import type { Primitives } from './primitives.ts'
import { hashBytes } from './sized.ts'
import type { Statement } from './statement.ts'

/** What a client keeps of a feed between runs. */
export interface FeedState {
  /** The highest the coordinator ever told. */
  readonly term: number
  /** Of the last commit. */
  readonly commitTerm: number
  readonly n: number
  /** The last h, oldest first, together: that of n is the end. At most `feedLagMax` + 1 of them. */
  readonly heads: Uint8Array
}

/** A piece of the feed, as the coordinator answers. */
export interface FeedPiece {
  readonly term: number
  /** Of the whole feed now. */
  readonly n: number
  readonly h: Uint8Array
  /** Those behind the n that was asked for, in order; not all of them need be there. */
  readonly commits: readonly FeedCommit[]
}

export interface FeedChainOptions {
  readonly vault: Uint8Array
  /** Where an earlier run ended; without it, the feed's beginning. */
  readonly state?: FeedState | undefined
  /** Ed25519 key of an account that may write, or could once; undefined for all others. */
  readonly writerKey: (account: Uint8Array) => Uint8Array | undefined
  /** 'newest' (by default) checks, of each piece, each writer's last signature; see `verifyCommit`. */
  readonly signatures?: 'newest' | 'all'
}

/** `heads` ends with that of n; the copy an `extend` works on may be longer than what is kept. */
interface Position {
  n: number
  term: number
  readonly heads: Uint8Array[]
}

export class FeedChain {
  readonly #primitives: Primitives
  readonly #options: FeedChainOptions
  #term: number
  #position: Position

  /** MALFORMED for a state that cannot be. */
  constructor(primitives: Primitives, options: FeedChainOptions) {
    this.#primitives = primitives
    this.#options = options
    const { state } = options
    this.#term = state?.term ?? 0
    this.#position =
      state === undefined
        ? { n: 0, term: 0, heads: [firstFeedHash(primitives, options.vault)] }
        : { n: state.n, term: state.commitTerm, heads: splitHeads(state) }
  }

  get n(): number {
    return this.#position.n
  }

  get h(): Uint8Array {
    return lastOf(this.#position)
  }

  /** The highest term told so far. */
  get term(): number {
    return this.#term
  }

  state(): FeedState {
    const { n, term, heads } = this.#position
    return Object.freeze({ term: this.#term, commitTerm: term, n, heads: concatBytes(heads) })
  }

  /**
   * Takes a piece that begins right behind n. FEED_FORKED when it does not extend what was seen,
   * RECORD_FORGED when a commit is not by a writer of this vault or not of it, TERM_OLD, MALFORMED,
   * VERSION_UNSUPPORTED. Nothing was taken then.
   */
  extend(piece: FeedPiece): CheckedCommit[] {
    if (piece.term < this.#term) {
      throw new HoldfastError(
        'TERM_OLD',
        `Cannot follow a feed of term ${piece.term}: this client has seen term ${this.#term}`,
      )
    }
    const position = { ...this.#position, heads: [...this.#position.heads] }
    const taken = piece.commits.map((commit) => {
      const checked = this.#check(position, commit, piece.term)
      advance(position, checked)
      return checked
    })
    checkEnd(position, piece)
    this.#verify(taken)
    this.#position = { ...position, heads: position.heads.slice(-1 - limits.feedLagMax) }
    this.#term = piece.term
    return taken
  }

  #check(position: Position, commit: FeedCommit, term: number): CheckedCommit {
    if (commit.n !== position.n + 1) {
      throw forked(`commit ${position.n + 1} is due, ${commit.n} came`, commit.n)
    }
    const checked = checkCommit(this.#primitives, this.#options.vault, commit)
    const { statement } = checked
    if (this.#options.writerKey(statement.writer) === undefined) {
      throw forgedCommit(commit.n, `its writer ${toHex(statement.writer)} may not write here`)
    }
    if (statement.term < position.term || statement.term > term) {
      const due = `from ${position.term} to ${term} can be`
      throw forgedCommit(commit.n, `it is of term ${statement.term}, ${due}`)
    }
    checkSeen(position, statement)
    const h = nextFeedHash(this.#primitives, lastOf(position), commit)
    return Object.freeze({ ...checked, h })
  }

  #verify(commits: readonly CheckedCommit[]): void {
    const verified = new Set<string>()
    for (const commit of commits.toReversed()) {
      const writer = toHex(commit.statement.writer)
      if (this.#options.signatures !== 'all' && verified.has(writer)) continue
      verified.add(writer)
      const key = this.#options.writerKey(commit.statement.writer)
      assert(key !== undefined, 'the writer was known before')
      verifyCommit(this.#primitives, commit, key)
    }
  }
}

function advance(position: Position, commit: CheckedCommit): void {
  position.n = commit.n
  position.term = commit.statement.term
  position.heads.push(commit.h)
}

function lastOf({ heads }: Position): Uint8Array {
  return heads[heads.length - 1]!
}

/** What the writer saw must lie in this very history, and not too far back to tell. */
function checkSeen(position: Position, statement: Statement): void {
  const { n, h } = statement.seen
  const commit = position.n + 1
  const lag = position.n - n
  if (lag < 0) throw forked(`its writer had seen ${n} commits before it`, commit)
  if (lag > limits.feedLagMax) {
    throw forked(`its writer had seen ${n} only, more than ${limits.feedLagMax} less`, commit)
  }
  const ours = position.heads[position.heads.length - 1 - lag]!
  if (equalBytes(ours, h)) return
  throw forked(`at ${n} its writer had seen ${toHex(h)}, here is ${toHex(ours)}`, commit)
}

function checkEnd(position: Position, piece: FeedPiece): void {
  if (piece.n < position.n) {
    const hint = 'The coordinator lost or hides commits: do not write before this is understood'
    throw forked(`it ends at ${piece.n}, this client has seen ${position.n}`, piece.n, hint)
  }
  const ours = lastOf(position)
  if (piece.n > position.n || equalBytes(piece.h, ours)) return
  throw forked(`at ${piece.n} it is ${toHex(piece.h)}, ${toHex(ours)} is right`, piece.n)
}

function forked(why: string, n: number, hint?: string): HoldfastError {
  const options = hint === undefined ? { details: { n } } : { details: { n }, hint }
  return new HoldfastError('FEED_FORKED', `The feed is not the one seen before: ${why}`, options)
}

function splitHeads(state: FeedState): Uint8Array[] {
  const { heads, n } = state
  const count = Math.min(n, limits.feedLagMax) + 1
  if (heads.length !== count * hashBytes) {
    const due = `${count} heads at ${n}`
    throw new HoldfastError('MALFORMED', `Cannot go on with a feed: ${heads.length} bytes, ${due}`)
  }
  return Array.from({ length: count }, (_, at) => heads.slice(at * hashBytes, (at + 1) * hashBytes))
}
