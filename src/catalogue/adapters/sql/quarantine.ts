/**
 * Which records of nodes are not deleted. A catalogue gives its nodes marks and keeps them. A node that was told
 * another mark worked with another catalogue, or with a newer state of this one: of what it holds by now, this
 * catalogue knows nothing for certain.
 */
import { limits } from '../../../base/limits.ts'
import type { Id } from '../../ids.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import type { Marks } from '../../rows/nodes.ts'
import { statement } from './statement.ts'
import type { Transaction } from './transaction.ts'

const findMark = statement((builder, args: { id: Uint8Array }) =>
  builder.selectFrom('marks').select('id').where('id', '=', args.id),
)

const insertMark = statement((builder, args: { id: Uint8Array; given_ms: number }) =>
  builder.insertInto('marks').values({ id: args.id, given_ms: args.given_ms }),
)

const forgetMarks = statement((builder, args: { beforeMs: number }) =>
  builder.deleteFrom('marks').where('given_ms', '<', args.beforeMs),
)

const anyQuarantine = statement((builder) =>
  builder.selectFrom('nodes').select('quarantine').where('quarantine', 'is not', null).limit(1),
)

const setQuarantine = statement(
  (builder, args: { key: number; kept_up_to: number; quarantine: string }) =>
    builder
      .updateTable('nodes')
      .set({ kept_up_to: args.kept_up_to, quarantine: args.quarantine })
      .where('key', '=', args.key),
)

const quarantined = statement((builder, args: { quarantine: string }) =>
  builder.selectFrom('nodes').select('id').where('quarantine', '=', args.quarantine),
)

const liftQuarantine = statement((builder, args: { quarantine: string }) =>
  builder
    .updateTable('nodes')
    .set({ kept_up_to: 0, quarantine: null })
    .where('quarantine', '=', args.quarantine),
)

/** Whether this catalogue gave what the node was told; keeps what it will be told. */
export async function takeMarks(
  transaction: Transaction,
  { said, next }: Marks,
): Promise<{ readonly isOurs: boolean }> {
  const isOurs = said !== undefined && (await hasMark(transaction, said))
  if (!(await hasMark(transaction, next))) {
    const { nowMs } = transaction
    await transaction.all(forgetMarks, { beforeMs: nowMs - limits.markKeptMs })
    await transaction.all(insertMark, { id: idToBlob(next), given_ms: nowMs })
  }
  return { isOurs }
}

async function hasMark(transaction: Transaction, mark: Id): Promise<boolean> {
  return (await transaction.one(findMark, { id: idToBlob(mark) })) !== undefined
}

/** Gives the id of the quarantine: that of the one there is, if there is one. */
export async function keepUpTo(
  transaction: Transaction,
  from: { readonly key: number; readonly id: string; readonly recordNumber: number },
): Promise<string> {
  const known = await transaction.one(anyQuarantine, {})
  const quarantine = known?.quarantine ?? from.id
  await transaction.all(setQuarantine, { key: from.key, kept_up_to: from.recordNumber, quarantine })
  return quarantine
}

export async function endQuarantine(transaction: Transaction, id: string): Promise<Id[]> {
  const rows = await transaction.all(quarantined, { quarantine: id })
  await transaction.all(liftQuarantine, { quarantine: id })
  return rows.map((row) => blobToId(row.id))
}
