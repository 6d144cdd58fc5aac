import type { Blob, Id } from '../../ids.ts'
import type { FeedCommit, FeedPart } from '../../rows/reading.ts'
import { statement } from './statement.ts'
import type { Transaction } from './transaction.ts'
import { vaultOf } from './vaults.ts'

const gridTerm = statement((builder) => builder.selectFrom('grid').select('term'))

const commitSizes = statement((builder, args: { vault: number; after: number; most: number }) =>
  builder
    .selectFrom('commits')
    .select(['n', 'bytes'])
    .where('vault', '=', args.vault)
    .where('n', '>', args.after)
    .orderBy('n')
    .limit(args.most),
)

const commitsBetween = statement((builder, args: { vault: number; after: number; upTo: number }) =>
  builder
    .selectFrom('commits')
    .select(['n', 'statement', 'signature', 'at_ms', 'operations'])
    .where('vault', '=', args.vault)
    .where('n', '>', args.after)
    .where('n', '<=', args.upTo)
    .orderBy('n'),
)

const operationsBetween = statement(
  (builder, args: { vault: number; after: number; upTo: number }) =>
    builder
      .selectFrom('versions')
      .select(['n', 'position', 'bytes'])
      .where('n', 'is not', null)
      .where('vault', '=', args.vault)
      .where('n', '>', args.after)
      .where('n', '<=', args.upTo),
)

export interface FeedRequest {
  readonly vault: Id
  readonly after: number
  readonly commitsMax: number
  readonly bytesMax: number
}

/** At least one commit when there is one, however large it is. Throws VAULT_NOT_FOUND. */
export async function feed(transaction: Transaction, request: FeedRequest): Promise<FeedPart> {
  const { key: vault, n, h } = await vaultOf(transaction, request.vault)
  const { after, commitsMax } = request
  const sizes = await transaction.all(commitSizes, { vault, after, most: commitsMax })
  const upTo = lastWithin(sizes, request.bytesMax)
  const term = (await transaction.one(gridTerm, {}))!.term
  if (upTo === undefined) return { term, n, h, commits: [] }
  const commits = await transaction.all(commitsBetween, { vault, after, upTo })
  const operations = new Map<number, (Blob | undefined)[]>()
  for (const each of commits) {
    operations.set(
      each.n,
      Array.from({ length: each.operations }, () => undefined),
    )
  }
  for (const row of await transaction.all(operationsBetween, { vault, after, upTo })) {
    operations.get(row.n!)![row.position!] = row.bytes ?? undefined
  }
  return { term, n, h, commits: commits.map((row) => feedCommit(row, operations.get(row.n)!)) }
}

function lastWithin(
  sizes: readonly { readonly n: number; readonly bytes: number }[],
  bytesMax: number,
): number | undefined {
  let last = sizes[0]?.n
  let total = 0
  for (const { n, bytes } of sizes) {
    total += bytes
    if (total > bytesMax) break
    last = n
  }
  return last
}

function feedCommit(
  row: { n: number; statement: Blob; signature: Blob; at_ms: number },
  operations: readonly (Blob | undefined)[],
): FeedCommit {
  const { n, statement: signed, signature, at_ms: atMs } = row
  return { n, statement: signed, signature, atMs, operations }
}
