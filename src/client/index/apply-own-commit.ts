/** A commit of our own into the index, without asking for it: what it holds is known. */
import { equalBytes } from '../../base/bytes.ts'
import { nextFeedHash } from '../../core/feed-hash.ts'
import type { SignedStatement } from '../../core/statement.ts'
import { putHead } from './apply-operation.ts'
import type { ApplyWorld } from './apply-part.ts'
import { forked, pointOf } from './feed-chain.ts'
import type { FeedPoint, IndexEntry, IndexState } from './vault-index.ts'

export interface OwnCommit {
  /** Account id, hex. */
  readonly writer: string
  readonly signed: SignedStatement
  /** New heads, as the statement lists them; `n` is not known yet. */
  readonly entries: readonly IndexEntry[]
  /** What the coordinator answered, and the term the statement names. */
  readonly at: FeedPoint
}

/** The state, when the index stood right before it; undefined when it has to catch up. FEED_FORKED, RECORD_FORGED. */
export function applyOwnCommit(world: ApplyWorld, own: OwnCommit): IndexState | undefined {
  const { index, primitives, vault } = world
  return index.transaction(() => {
    const before = index.state()
    const { n, h, term } = own.at
    if (before.n !== n - 1) return undefined
    const { h: previous } = pointOf(primitives, vault.vault, before)
    if (
      !equalBytes(nextFeedHash(primitives, previous, { n, statement: own.signed.statement }), h)
    ) {
      throw forked(`commit ${n} of this client got another hash than it has`)
    }
    index.addCommit({ n, h, writer: own.writer, ...own.signed, verified: true })
    for (const entry of own.entries) putHead(index, { ...entry, n })
    const state = { ...before, term: Math.max(before.term, term), n, h, commitTerm: term }
    index.setState(state)
    return state
  })
}

/** After catching up: FEED_FORKED unless the history has our commit where it was said to be. */
export function checkOwnCommit(world: ApplyWorld, own: OwnCommit): void {
  const commit = world.index.commit(own.at.n)
  const same = commit && equalBytes(commit.statement, own.signed.statement)
  if (!same) throw forked(`commit ${own.at.n}, acknowledged to this client, is not in it`)
}
