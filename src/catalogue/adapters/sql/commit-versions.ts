/** Writes the versions of a commit; those whose pages were staged have a row already. */
import { idToBlob } from '../../ids.ts'
import type { CommitRequest, OperationRow } from '../../rows/commits.ts'
import type { GoodCommit } from './commit-good.ts'
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { VersionsTable } from './tables.ts'
import type { Transaction } from './transaction.ts'

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

/** Keys of all versions of the commit: staged ones have theirs. */
export async function versionKeys(
  transaction: Transaction,
  { operations }: CommitRequest,
  { staged }: GoodCommit,
): Promise<Map<string, number>> {
  const first = await transaction.keys(operations.length)
  return new Map(
    operations.map(({ version }, at) => [version, staged.get(version)?.key ?? first + at]),
  )
}

export async function writeVersions(
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
