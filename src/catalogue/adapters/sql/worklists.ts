/**
 * What collection has to look at: packs in which a chunk may have lost its last holder (`suspects`), and
 * versions that are gone but for their pages and references (`doomed`). Filled by the events themselves, so
 * that collection never searches.
 */
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { Transaction } from './transaction.ts'

const insertSuspects = rowsStatement<{ pack: number }, unknown>(['pack'], (builder, rows) =>
  builder
    .insertInto('suspects')
    .values(rows)
    .onConflict((conflict) => conflict.column('pack').doNothing()),
)

const insertDoomed = statement((builder, args: { version: number }) =>
  builder
    .insertInto('doomed')
    .values({ version: args.version })
    .onConflict((conflict) => conflict.column('version').doNothing()),
)

const deleteVersions = listStatement((builder, _args: object, keys: number[]) =>
  builder.deleteFrom('versions').where('key', 'in', keys),
)

export async function suspectPacks(
  transaction: Transaction,
  packs: Iterable<number>,
): Promise<void> {
  const rows = [...new Set(packs)].map((pack) => ({ pack }))
  await transaction.insert(insertSuspects, rows)
}

/** Removes the version's row at once; its pages and references follow in bounded pieces. */
export async function doomVersion(transaction: Transaction, version: number): Promise<void> {
  await transaction.list(deleteVersions, {}, [version])
  await transaction.all(insertDoomed, { version })
}
