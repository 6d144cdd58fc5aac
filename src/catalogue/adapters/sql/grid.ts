import type { GridRow } from '../../rows/nodes.ts'
import { blobToId } from '../../ids.ts'
import { schemaNewest } from './migrate.ts'
import { statement } from './statement.ts'
import type { Transaction } from './transaction.ts'

const insertGrid = statement((builder, args: { grid_id: Uint8Array }) =>
  builder
    .insertInto('grid')
    .values({ one: 1, grid_id: args.grid_id, term: 1 })
    .onConflict((conflict) => conflict.column('one').doNothing()),
)

const insertCounter = statement((builder) =>
  builder.insertInto('counters').values({ name: 'keys', next: 1 }),
)

const gridRow = statement((builder) =>
  builder.selectFrom('grid').select(['grid_id', 'term']).where('one', '=', 1),
)

/** Gives a new catalogue its grid id; an older one keeps its own. */
export async function foundGrid(transaction: Transaction, gridId: Uint8Array): Promise<void> {
  const known = await transaction.one(gridRow, {})
  if (known !== undefined) return
  await transaction.all(insertGrid, { grid_id: gridId })
  await transaction.all(insertCounter, {})
}

export async function readGrid(transaction: Transaction): Promise<GridRow> {
  const row = await transaction.one(gridRow, {})
  return { gridId: blobToId(row!.grid_id), term: row!.term, schema: schemaNewest }
}
