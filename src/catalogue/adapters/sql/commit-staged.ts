/** Versions of a commit whose pages were staged before. */
import { sql } from 'kysely'
import { HoldfastError } from '../../../base/errors.ts'
import { chunkIdBytes } from '../../../core/sized.ts'
import { limits } from '../../../base/limits.ts'
import type { Blob } from '../../ids.ts'
import type { CommitRequest } from '../../rows/commits.ts'
import { listStatement, statement } from './statement.ts'
import { Refusal, type Transaction } from './transaction.ts'

export interface StagedVersion {
  readonly key: number
}

const pageCounts = statement((builder, args: { version: number }) =>
  builder
    .selectFrom('pages')
    .select((each) => [
      each.fn.countAll<number>().as('pages'),
      each.fn.max<number | null>('number').as('last'),
      each.fn.sum<number | null>('chunks').as('chunks'),
    ])
    .where('version', '=', args.version),
)

/** Weak packs are few: those with shards to heal, and of them those below the threshold. */
const weakPacks = statement((builder, args: { vault: number; threshold: number; most: number }) =>
  builder
    .selectFrom('packs')
    .select('key')
    .where('unheld', '>', sql.lit(0))
    .where('vault', '=', args.vault)
    .where('held', '<', args.threshold)
    .limit(args.most),
)

const chunksInPacks = listStatement(
  (builder, args: { version: number; most: number }, packs: number[]) =>
    builder
      .selectFrom('chunks')
      .select('chunks.id')
      .where('chunks.pack', 'in', packs)
      .where((each) =>
        each.exists(
          each
            .selectFrom('refs')
            .select('refs.position')
            .whereRef('refs.chunk', '=', 'chunks.key')
            .where('refs.version', '=', args.version),
        ),
      )
      .limit(args.most),
)

/**
 * By version id. Refuses with 'upload-gone' when there are no pages, throws MALFORMED when they are not all
 * there.
 */
export async function findStaged(
  transaction: Transaction,
  request: CommitRequest,
  versions: ReadonlyMap<string, { readonly key: number; readonly n: number | null }>,
): Promise<Map<string, StagedVersion>> {
  const staged = new Map<string, StagedVersion>()
  for (const { version, chunkCount, pages } of request.operations) {
    const known = versions.get(version)
    if (known?.n !== undefined && known.n !== null) continue
    if (chunkCount > 0 && pages.length === 0) {
      // oxlint-disable-next-line typescript/only-throw-error -- no failure: unwinds the transaction
      if (known === undefined) throw new Refusal({ kind: 'upload-gone' })
      await checkComplete(transaction, known.key, chunkCount)
      staged.set(version, { key: known.key })
    } else if (known !== undefined) {
      throw new HoldfastError('MALFORMED', `Cannot commit: version ${version} has staged pages too`)
    }
  }
  return staged
}

async function checkComplete(
  transaction: Transaction,
  version: number,
  chunkCount: number,
): Promise<void> {
  const counts = await transaction.one(pageCounts, { version })
  const wanted = Math.ceil(chunkCount / limits.pageChunksMax)
  const complete = counts?.pages === wanted && counts.last === wanted - 1
  if (complete && counts.chunks === chunkCount) return
  throw new HoldfastError(
    'MALFORMED',
    `Cannot commit: ${counts?.chunks ?? 0} of ${chunkCount} chunks of a version were staged`,
  )
}

/** Ids of staged chunks whose packs have become too weak since. A part of them when they are many. */
export async function missingOfStaged(
  transaction: Transaction,
  staged: readonly StagedVersion[],
  { vault, threshold }: { readonly vault: number; readonly threshold: number },
): Promise<Blob> {
  if (staged.length === 0) return new Uint8Array(0)
  const most = limits.catalogueUnitRows
  const weak = await transaction.all(weakPacks, { vault, threshold, most })
  const packs = weak.map((each) => each.key)
  const ids: Uint8Array[] = []
  for (const { key: version } of staged) {
    const found = await transaction.list(chunksInPacks, { version, most }, packs)
    ids.push(...found.map((each) => each.id))
  }
  const together = new Uint8Array(ids.length * chunkIdBytes)
  ids.forEach((id, at) => together.set(id, at * chunkIdBytes))
  return together
}
