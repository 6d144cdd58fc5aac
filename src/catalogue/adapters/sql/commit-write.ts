/** Writes a commit that was found good: entries, versions, pages, and last the feed's number. */
import type { CommitAnswer, CommitRequest, OperationRow } from '../../rows/commits.ts'
import { nextFeedHash } from '../../../core/feed-hash.ts'
import { idToBlob } from '../../ids.ts'
import type { CatalogueParts } from '../../parts.ts'
import type { ChunkRow } from './chunks.ts'
import { entryKind } from './codes.ts'
import type { StagedVersion } from './commit-staged.ts'
import { parentOf, type Entry, type Tree } from './commit-tree.ts'
import { writePages } from './pages.ts'
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { CommitsTable, EntriesTable, VersionsTable } from './tables.ts'
import type { Transaction } from './transaction.ts'
import type { VaultKeyRow } from './vaults.ts'

export interface GoodCommit {
  readonly vault: VaultKeyRow
  /** Key of the committing account. */
  readonly account: number
  readonly staged: ReadonlyMap<string, StagedVersion>
  readonly chunks: ReadonlyMap<string, ChunkRow>
  readonly tree: Tree
  readonly parts: CatalogueParts
}

const insertEntries = rowsStatement<EntriesTable, unknown>(
  ['key', 'vault', 'id', 'parent', 'tag', 'folder', 'kind', 'implicit', 'head', 'deleted_ms'],
  (builder, rows) => builder.insertInto('entries').values(rows),
)

const updateEntry = statement(
  (
    builder,
    args: {
      key: number
      kind: number
      implicit: number
      head: number
      deleted_ms: number | null
    },
  ) =>
    builder
      .updateTable('entries')
      .set({
        kind: args.kind,
        implicit: args.implicit,
        head: args.head,
        deleted_ms: args.deleted_ms,
      })
      .where('key', '=', args.key),
)

const buryEntries = listStatement((builder, args: { nowMs: number }, keys: number[]) =>
  builder.updateTable('entries').set({ deleted_ms: args.nowMs }).where('key', 'in', keys),
)

const insertVersions = rowsStatement<VersionsTable, unknown>(
  [
    'key',
    'vault',
    'id',
    'entry',
    'n',
    'position',
    'bytes',
    'tombstone',
    'chunk_count',
    'replaced_ms',
  ],
  (builder, rows) => builder.insertInto('versions').values(rows),
)

const publishStaged = statement(
  (
    builder,
    args: {
      key: number
      entry: number | null
      n: number | null
      position: number | null
      bytes: Uint8Array | null
      chunk_count: number
    },
  ) =>
    builder
      .updateTable('versions')
      .set({
        entry: args.entry,
        n: args.n,
        position: args.position,
        bytes: args.bytes,
        chunk_count: args.chunk_count,
      })
      .where('key', '=', args.key),
)

const deleteStaged = listStatement((builder, _args: object, keys: number[]) =>
  builder.deleteFrom('staged').where('version', 'in', keys),
)

const markReplaced = listStatement((builder, args: { nowMs: number }, keys: number[]) =>
  builder.updateTable('versions').set({ replaced_ms: args.nowMs }).where('key', 'in', keys),
)

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

/** Keys of all versions of the commit: staged ones have theirs. */
async function versionKeys(
  transaction: Transaction,
  { operations }: CommitRequest,
  { staged }: GoodCommit,
): Promise<Map<string, number>> {
  const first = await transaction.keys(operations.length)
  return new Map(
    operations.map(({ version }, at) => [version, staged.get(version)?.key ?? first + at]),
  )
}

/** Names of deleted entries are given up first: others of this commit may take them. */
async function replaceHeads(transaction: Transaction, tree: Tree): Promise<void> {
  const { nowMs } = transaction
  const changed = [...tree.entries.values()].filter((entry) => entry.changed)
  const replaced = changed.flatMap((entry) => entry.headKey ?? [])
  await transaction.list(markReplaced, { nowMs }, replaced)
  const buried = changed.flatMap((entry) => (entry.live || entry.fresh ? [] : entry.key!))
  await transaction.list(buryEntries, { nowMs }, buried)
}

/** In the operations' order, so that a parent comes before its children. */
async function writeNewEntries(
  transaction: Transaction,
  { tree, vault }: GoodCommit,
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  const fresh = [...tree.entries.values()].filter((entry) => entry.key === undefined)
  const first = await transaction.keys(fresh.length)
  for (const [at, entry] of fresh.entries()) entry.key = first + at
  const { nowMs } = transaction
  const rows = fresh.map((entry) => entryRow(entry, { tree, vault, nowMs, versions }))
  await transaction.insert(insertEntries, rows)
}

function entryRow(
  entry: Entry,
  context: {
    readonly tree: Tree
    readonly vault: VaultKeyRow
    readonly nowMs: number
    readonly versions: ReadonlyMap<string, number>
  },
): EntriesTable {
  return {
    key: entry.key!,
    vault: context.vault.key,
    id: idToBlob(entry.id),
    parent: parentOf(context.tree, entry)!.key!,
    tag: Uint8Array.fromHex(entry.tag),
    folder: Number(entry.folder),
    kind: entryKind[entry.kind!],
    implicit: Number(entry.implicit),
    head: context.versions.get(entry.head!)!,
    deleted_ms: entry.live ? null : context.nowMs,
  }
}

async function writeVersions(
  transaction: Transaction,
  request: CommitRequest,
  { good, versions }: { readonly good: GoodCommit; readonly versions: ReadonlyMap<string, number> },
): Promise<void> {
  const rows: VersionsTable[] = []
  const { nowMs } = transaction
  for (const [position, operation] of request.operations.entries()) {
    const key = versions.get(operation.version)!
    const row = versionRow(operation, { good, key, position, nowMs })
    if (good.staged.has(operation.version)) await transaction.all(publishStaged, row)
    else rows.push(row)
  }
  await transaction.insert(insertVersions, rows)
  const staged = [...good.staged.values()].map((each) => each.key)
  await transaction.list(deleteStaged, {}, staged)
}

function versionRow(
  operation: OperationRow,
  context: {
    readonly good: GoodCommit
    readonly key: number
    readonly position: number
    readonly nowMs: number
  },
): VersionsTable {
  const { tree, vault } = context.good
  const entry = tree.entries.get(operation.entry)!
  return {
    key: context.key,
    vault: vault.key,
    id: idToBlob(operation.version),
    entry: entry.key!,
    n: vault.n + 1,
    position: context.position,
    bytes: operation.bytes,
    tombstone: Number(operation.tombstone),
    chunk_count: operation.chunkCount,
    // A later operation of this very commit may have replaced it already.
    replaced_ms: entry.head === operation.version ? null : context.nowMs,
  }
}

/** Of entries that were there before. */
async function writeHeads(
  transaction: Transaction,
  tree: Tree,
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  for (const entry of tree.entries.values()) {
    if (!entry.changed || entry.fresh) continue
    await transaction.all(updateEntry, {
      key: entry.key!,
      kind: entryKind[entry.kind!],
      implicit: Number(entry.implicit),
      head: versions.get(entry.head!)!,
      deleted_ms: entry.live ? null : transaction.nowMs,
    })
  }
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
