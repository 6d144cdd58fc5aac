/** Rows of chunks: one place for each chunk id of a vault. */
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { ChunksTable } from './tables.ts'
import { packState } from './codes.ts'
import type { Transaction } from './transaction.ts'

export interface ChunkRow {
  readonly key: number
  readonly id: Uint8Array
  readonly pack: number
  readonly length: number
  readonly trash_since: number | null
  /** Of its pack. */
  readonly state: number
  readonly held: number
}

const chunksByIds = listStatement((builder, args: { vault: number }, ids: Uint8Array[]) =>
  builder
    .selectFrom('chunks')
    .innerJoin('packs', 'packs.key', 'chunks.pack')
    .select([
      'chunks.key',
      'chunks.id',
      'chunks.pack',
      'chunks.length',
      'chunks.trash_since',
      'packs.state',
      'packs.held',
    ])
    .where('chunks.vault', '=', args.vault)
    .where('chunks.id', 'in', ids),
)

export type NewChunkRow = Omit<ChunksTable, 'key'>

const insertChunkRows = rowsStatement<ChunksTable, unknown>(
  ['key', 'vault', 'id', 'pack', 'offset', 'length', 'generation', 'trash_since'],
  (builder, rows) => builder.insertInto('chunks').values(rows),
)

const moveChunkRow = statement((builder, args: NewChunkRow & { key: number }) =>
  builder
    .updateTable('chunks')
    .set({
      pack: args.pack,
      offset: args.offset,
      length: args.length,
      generation: args.generation,
      trash_since: null,
    })
    .where('key', '=', args.key),
)

const reviveRows = listStatement((builder, _args: object, keys: number[]) =>
  builder
    .updateTable('chunks')
    .set({ trash_since: null })
    .where('key', 'in', keys)
    .where('trash_since', 'is not', null),
)

/** Those of the ids that have a row, by hex of the id. */
export async function findChunks(
  transaction: Transaction,
  vault: number,
  ids: readonly Uint8Array[],
): Promise<Map<string, ChunkRow>> {
  const rows = await transaction.list(chunksByIds, { vault }, ids)
  return new Map(rows.map((row) => [row.id.toHex(), row]))
}

/** Whether a write with this threshold may refer to the chunk. */
export function isHealthy(row: ChunkRow, threshold: number): boolean {
  return row.state !== packState.dead && row.held >= threshold
}

export async function insertChunks(
  transaction: Transaction,
  rows: readonly NewChunkRow[],
): Promise<void> {
  const first = await transaction.keys(rows.length)
  const keyed = rows.map((row, at) => ({ key: first + at, ...row }))
  await transaction.insert(insertChunkRows, keyed)
}

export async function moveChunk(
  transaction: Transaction,
  key: number,
  to: NewChunkRow,
): Promise<void> {
  await transaction.all(moveChunkRow, { ...to, key })
}

/** Takes chunks out of the trash. */
export async function reviveChunks(
  transaction: Transaction,
  keys: readonly number[],
): Promise<void> {
  await transaction.list(reviveRows, {}, keys)
}
