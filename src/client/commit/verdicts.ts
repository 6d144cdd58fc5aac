/** What a refused commit means for each operation that was in it. */
import { toHex } from '../../base/bytes.ts'
import { HoldfastError, hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { pathText } from '../tree/path.ts'
import type { Batch } from './batch.ts'
import type { Draft, PlacedDraft } from './draft.ts'
import { isPendingFile, type CommitOutcome, type PendingFile } from './pending.ts'
import { chunksIn, conflictsIn, isUploadGone, packsIn } from './refusals.ts'

export type Verdict =
  | { readonly kind: 'settled'; readonly outcome: CommitOutcome }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Goes into the next commit. */
  | { readonly kind: 'again' }

export interface Refusal {
  /** The index has to catch up before anything goes again. */
  readonly behind: boolean
  readonly verdict: (placed: PlacedDraft) => Verdict
}

const again: Verdict = Object.freeze({ kind: 'again' })

export function refusalOf(error: unknown, batch: Batch, placed: readonly PlacedDraft[]): Refusal {
  if (hasCode(error, 'CHANGED')) return changed(error, batch, placed)
  if (hasCode(error, 'FEED_FORKED')) {
    // Perhaps we were far behind: catching up tells whether it is a fork.
    return { behind: true, verdict: ({ draft }) => refusedOnce(draft, error) }
  }
  if (hasCode(error, 'CHUNKS_MISSING')) return chunksMissing(error, placed)
  if (hasCode(error, 'PACK_DEAD')) return packsDead(error, placed)
  if (isUploadGone(error)) {
    const gone = settled({ kind: 'upload-gone' })
    const verdict = ({ draft }: PlacedDraft): Verdict => (fileOf(draft)?.upload ? gone : again)
    return { behind: false, verdict }
  }
  return { behind: false, verdict: () => ({ kind: 'failed', error }) }
}

/** Of a conflict over a folder that several need, none is at fault more than another. */
function changed(error: HoldfastError, batch: Batch, placed: readonly PlacedDraft[]): Refusal {
  const positions = conflictsIn(error)
  const own = placed.some(({ at }) => positions.has(at))
  return {
    behind: true,
    verdict({ draft, at }) {
      if (own && !positions.has(at)) return again
      draft.fresh ||= batch.operations[at]?.revives ?? false
      return refusedOnce(draft, error)
    },
  }
}

function refusedOnce(draft: Draft, error: HoldfastError): Verdict {
  draft.refusals += 1
  if (draft.refusals < limits.commitTriesMax) return again
  const path = pathText(draft.pending.path)
  return {
    kind: 'failed',
    error: new HoldfastError('CHANGED', `Others keep changing ${path}: ${draft.refusals} tries`, {
      cause: error,
    }),
  }
}

function chunksMissing(error: HoldfastError, placed: readonly PlacedDraft[]): Refusal {
  const chunks = chunksIn(error)
  const missing = new Set(chunks.map(toHex))
  const own = new Map(placed.map(({ draft }) => [draft, chunksOf(draft, missing)]))
  const named = new Set([...own.values()].flat().map(toHex))
  const rest = chunks.filter((id) => !named.has(toHex(id)))
  const verdict = ({ draft }: PlacedDraft): Verdict => {
    const ids = own.get(draft) ?? []
    const all = isStaged(draft) ? [...ids, ...rest] : ids
    return all.length > 0 ? settled({ kind: 'missing', chunks: all }) : again
  }
  return atLeastOne({ behind: false, verdict }, placed, error)
}

function packsDead(error: HoldfastError, placed: readonly PlacedDraft[]): Refusal {
  const dead = new Set(packsIn(error))
  const verdict = ({ draft }: PlacedDraft): Verdict => {
    const packs = (fileOf(draft)?.packs ?? []).map(({ pack }) => pack).filter((id) => dead.has(id))
    return packs.length > 0 ? settled({ kind: 'dead', packs }) : again
  }
  return atLeastOne({ behind: false, verdict }, placed, error)
}

/** A refusal that touches nothing of ours would come again for ever. */
function atLeastOne(refusal: Refusal, placed: readonly PlacedDraft[], error: unknown): Refusal {
  const some = placed.some((one) => refusal.verdict(one).kind === 'settled')
  return some ? refusal : { behind: false, verdict: () => ({ kind: 'failed', error }) }
}

function chunksOf(draft: Draft, missing: ReadonlySet<string>): Uint8Array[] {
  const found: Uint8Array[] = []
  for (const { ids } of fileOf(draft)?.pages.inline ?? []) {
    for (let at = 0; at < ids.length; at += 32) {
      const id = ids.subarray(at, at + 32)
      if (missing.has(toHex(id))) found.push(id)
    }
  }
  return found
}

function isStaged(draft: Draft): boolean {
  const pages = fileOf(draft)?.pages
  return pages !== undefined && pages.chunkCount > 0 && pages.inline.length === 0
}

function fileOf({ pending }: Draft): PendingFile | undefined {
  return isPendingFile(pending) ? pending : undefined
}

function settled(outcome: CommitOutcome): Verdict {
  return { kind: 'settled', outcome }
}
