/** Between an index and the chain of core: where an index stands, as a chain that goes on from there. */
import { concatBytes, equalBytes, fromHex, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { FeedChain } from '../../core/feed.ts'
import { firstFeedHash } from '../../core/feed-hash.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { OpenVault } from '../vaults.ts'
import type { FeedPoint, IndexState, VaultIndex } from './vault-index.ts'

export function chainOf(primitives: Primitives, vault: OpenVault, index: VaultIndex): FeedChain {
  const state = index.state()
  const start = {
    vault: fromHex(vault.vault)!,
    writerKey: (account: Uint8Array) => writerKey(vault, toHex(account)),
  }
  if (state.n === 0) return new FeedChain(primitives, start)
  const { term, n, commitTerm } = state
  const lag = limits.feedLagMax
  const heads =
    n > lag
      ? index.heads(lag + 1)
      : concatBytes([firstFeedHash(primitives, start.vault), index.heads(lag)])
  return new FeedChain(primitives, { ...start, state: { term, n, commitTerm, heads } })
}

/** Ed25519 key of an account that may write; undefined for others. */
export function writerKey(vault: OpenVault, account: string): Uint8Array | undefined {
  return vault.writers.find((writer) => writer.account === account)?.signingKey
}

/** Where an index stands: h(0) before the first commit. */
export function pointOf(primitives: Primitives, vault: string, state: IndexState): FeedPoint {
  const { term, n } = state
  return { term, n, h: n === 0 ? firstFeedHash(primitives, fromHex(vault)!) : state.h }
}

/** TERM_OLD or FEED_FORKED unless what the coordinator tells can follow what was seen before it was asked. */
export function checkFollows(told: FeedPoint, seen: FeedPoint): void {
  if (told.term < seen.term) {
    const terms = `term ${told.term}, this client has seen term ${seen.term}`
    throw new HoldfastError('TERM_OLD', `Cannot follow the feed of ${terms}`)
  }
  if (told.n < seen.n) {
    throw forked(`it ends at ${told.n}, this client has seen ${seen.n}`)
  }
  if (told.n === seen.n && !equalBytes(told.h, seen.h)) {
    throw forked(`at ${told.n} it is ${toHex(told.h)}, it was ${toHex(seen.h)}`)
  }
}

export function forked(why: string): HoldfastError {
  return new HoldfastError('FEED_FORKED', `The feed is not the one seen before: ${why}`)
}
