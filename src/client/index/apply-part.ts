/** A part of the feed into the index: all of it verified, in one transaction, or nothing. */
import { equalBytes, toHex } from '../../base/bytes.ts'
import type { CheckedCommit } from '../../core/commit-check.ts'
import type { FeedChain, FeedPiece } from '../../core/feed.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { OpenVault } from '../vaults.ts'
import { applyOperation } from './apply-operation.ts'
import { chainOf, forked } from './feed-chain.ts'
import { settlePurged } from './purged-heads.ts'
import type { FeedPoint, IndexState, VaultIndex } from './vault-index.ts'

export interface ApplyWorld {
  readonly primitives: Primitives
  readonly vault: OpenVault
  readonly index: VaultIndex
}

export interface Applied {
  readonly state: IndexState
  /** Stands where the index stands now. */
  readonly chain: FeedChain
}

/**
 * Others may have moved the index on since this part was asked for: what it has already is skipped.
 * `chain` is used when it stands where the index stands. `seen` must lie on the way. FEED_FORKED,
 * TERM_OLD, RECORD_FORGED, MALFORMED, VERSION_UNSUPPORTED; nothing of the part is kept then.
 */
export function applyPart(
  world: ApplyWorld,
  piece: FeedPiece,
  from: { readonly chain: FeedChain | undefined; readonly seen: FeedPoint },
): Applied {
  const { index } = world
  return index.transaction(() => {
    const state = index.state()
    const chain =
      from.chain?.n === state.n ? from.chain : chainOf(world.primitives, world.vault, index)
    if (piece.n < state.n) {
      checkBehind(index, piece)
      return { state, chain }
    }
    const commits = piece.commits.filter(({ n }) => n > state.n)
    const taken = chain.extend({ ...piece, commits })
    checkPasses(taken, from.seen)
    const after = writeCommits(world, taken, { ...state, term: chain.term })
    if (after.n === piece.n) settlePurged(index, world.vault.vault)
    return { state: after, chain }
  })
}

/** A part that was overtaken while it was under way: it must still be of our history. */
function checkBehind(index: VaultIndex, piece: FeedPiece): void {
  const ours = index.head(piece.n)
  if (ours && !equalBytes(ours, piece.h)) {
    throw forked(`at ${piece.n} it is ${toHex(piece.h)}, ${toHex(ours)} is right`)
  }
}

function checkPasses(commits: readonly CheckedCommit[], seen: FeedPoint): void {
  const at = commits.find(({ n }) => n === seen.n)
  if (at && !equalBytes(at.h, seen.h)) {
    throw forked(`at ${seen.n} it is ${toHex(at.h)}, it was ${toHex(seen.h)}`)
  }
}

function writeCommits(
  world: ApplyWorld,
  commits: readonly CheckedCommit[],
  before: IndexState,
): IndexState {
  const { index } = world
  const verified = newestOfEach(commits)
  for (const commit of commits) {
    const { n, h, signed, statement } = commit
    const writer = toHex(statement.writer)
    index.addCommit({ n, h, writer, ...signed, verified: verified.has(n) })
    writeOperations(world, commit)
  }
  const last = commits.at(-1)
  const point = last && { n: last.n, h: last.h, commitTerm: last.statement.term }
  const state = { ...before, ...point }
  index.setState(state)
  return state
}

function writeOperations(world: ApplyWorld, commit: CheckedCommit): void {
  const { primitives, index } = world
  const { keys } = world.vault
  const context = { primitives, keys, index, n: commit.n }
  for (const [at, listed] of commit.statement.operations.entries()) {
    applyOperation(context, listed, commit.operations[at])
  }
}

/** The commits whose signatures the chain checks: the last of each writer. */
function newestOfEach(commits: readonly CheckedCommit[]): Set<number> {
  const newest = new Map<string, number>()
  for (const { statement, n } of commits) newest.set(toHex(statement.writer), n)
  return new Set(newest.values())
}
