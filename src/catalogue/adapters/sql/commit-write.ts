/** Writes a commit that was found good: entries, versions, pages, and last the feed's number. */
import { nextFeedHash } from '../../../core/feed-hash.ts'
import type { CommitAnswer, CommitRequest } from '../../rows/commits.ts'
import { replaceHeads, writeHeads, writeNewEntries } from './commit-entries.ts'
import type { GoodCommit } from './commit-good.ts'
import { versionKeys, writeVersions } from './commit-versions.ts'
import { writePages } from './pages.ts'
import { statement } from './statement.ts'
import type { CommitsTable } from './tables.ts'
import type { Transaction } from './transaction.ts'

const insertCommit = statement((builder, args: CommitsTable) =>
  builder.insertInto('commits').values({
    vault: args.vault,
    n: args.n,
    h: args.h,
    account: args.account,
    statement: args.statement,
    signature: args.signature,
    at_ms: args.at_ms,
    operations: args.operations,
    bytes: args.bytes,
  }),
)

const raiseFeed = statement((builder, args: { key: number; n: number; h: Uint8Array }) =>
  builder.updateTable('vaults').set({ n: args.n, h: args.h }).where('key', '=', args.key),
)

export async function writeCommit(
  transaction: Transaction,
  request: CommitRequest,
  good: GoodCommit,
): Promise<CommitAnswer> {
  const versions = await versionKeys(transaction, request, good)
  await replaceHeads(transaction, good.tree)
  await writeNewEntries(transaction, good, versions)
  await writeVersions(transaction, request, { good, versions })
  await writeHeads(transaction, good.tree, versions)
  const paged = request.operations.map((operation) => ({
    version: versions.get(operation.version)!,
    pages: operation.pages,
  }))
  await writePages(transaction, paged, good.chunks)
  return raise(transaction, request, good)
}

/** The feed's next number: raised last. */
async function raise(
  transaction: Transaction,
  request: CommitRequest,
  { vault, account, parts }: GoodCommit,
): Promise<CommitAnswer> {
  const n = vault.n + 1
  const { statement: signed, signature, operations } = request
  const h = nextFeedHash(parts.primitives, vault.h, { n, statement: signed })
  let bytes = signed.length
  for (const operation of operations) bytes += operation.bytes.length
  await transaction.all(insertCommit, {
    vault: vault.key,
    n,
    h,
    account,
    statement: signed,
    signature,
    at_ms: transaction.nowMs,
    operations: operations.length,
    bytes,
  })
  await transaction.all(raiseFeed, { key: vault.key, n, h })
  return { kind: 'committed', n, h }
}
