import { equalBytes } from '../../../base/bytes.ts'
import type { AccountQuota, AccountRow, NewAccount } from '../../rows/accounts.ts'
import type { Id } from '../../ids.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import type { CatalogueParts } from '../../parts.ts'
import { statement } from './statement.ts'
import type { AccountsTable } from './tables.ts'
import { Refusal, type Transaction } from './transaction.ts'
import { insertVault } from './vaults.ts'

type NewRow = Omit<AccountsTable, 'key'>

const accountById = statement((builder, args: { id: Uint8Array }) =>
  builder.selectFrom('accounts').selectAll().where('id', '=', args.id),
)

const accountByName = statement((builder, args: { name: string }) =>
  builder.selectFrom('accounts').selectAll().where('name', '=', args.name),
)

const insertAccount = statement((builder, args: NewRow) =>
  builder
    .insertInto('accounts')
    .values({
      id: args.id,
      name: args.name,
      opaque_record: args.opaque_record,
      signing_key: args.signing_key,
      box_key: args.box_key,
      bundle: args.bundle,
      quota_bytes: args.quota_bytes,
    })
    .returning('key'),
)

const storedBytes = statement((builder, args: { owner: number }) =>
  builder
    .selectFrom('vaults')
    .select((each) => each.fn.sum<number | null>('stored_bytes').as('bytes'))
    .where('owner', '=', args.owner),
)

/** Sealed bytes of the chunks in the vaults that this account owns. */
export async function usedBytes(transaction: Transaction, owner: number): Promise<number> {
  return (await transaction.one(storedBytes, { owner }))?.bytes ?? 0
}

export async function createAccount(
  transaction: Transaction,
  request: NewAccount,
  parts: CatalogueParts,
): Promise<{ kind: 'created' } | { kind: 'name-taken' }> {
  const id = idToBlob(request.account)
  const known =
    (await transaction.one(accountById, { id })) ??
    (await transaction.one(accountByName, { name: request.name }))
  if (known !== undefined) {
    return { kind: isRepeat(known, request) ? 'created' : 'name-taken' }
  }
  const row = { ...rowOf(request), id, quota_bytes: request.quotaBytes ?? null }
  const inserted = await transaction.one(insertAccount, row)
  const home = await insertVault(transaction, request.home, { owner: inserted!.key, parts })
  if (home.kind !== 'created') throw new Refusal({ kind: 'name-taken' })
  return home
}

function rowOf(request: NewAccount): Omit<NewRow, 'id' | 'quota_bytes'> {
  return {
    name: request.name,
    opaque_record: request.opaqueRecord,
    signing_key: request.signingKey,
    box_key: request.boxKey,
    bundle: request.bundle,
  }
}

/** The same account asked for again, its answer having been lost. */
function isRepeat(
  known: { id: Uint8Array; name: string; opaque_record: Uint8Array },
  request: NewAccount,
): boolean {
  return (
    blobToId(known.id) === request.account &&
    known.name === request.name &&
    equalBytes(known.opaque_record, request.opaqueRecord)
  )
}

const setQuota = statement((builder, args: { name: string; quota_bytes: number | null }) =>
  builder
    .updateTable('accounts')
    .set({ quota_bytes: args.quota_bytes })
    .where('name', '=', args.name),
)

/** Of those that have an account; names that have none are passed over. */
export async function setQuotas(
  transaction: Transaction,
  quotas: readonly AccountQuota[],
): Promise<void> {
  for (const { name, quotaBytes } of quotas) {
    await transaction.all(setQuota, { name, quota_bytes: quotaBytes ?? null })
  }
}

export async function findAccount(
  transaction: Transaction,
  by: { readonly id: Id } | { readonly name: string },
): Promise<AccountRow | undefined> {
  const row =
    'id' in by
      ? await transaction.one(accountById, { id: idToBlob(by.id) })
      : await transaction.one(accountByName, { name: by.name })
  if (row === undefined) return undefined
  return {
    account: blobToId(row.id),
    name: row.name,
    opaqueRecord: row.opaque_record,
    signingKey: row.signing_key,
    boxKey: row.box_key,
    bundle: row.bundle,
    quotaBytes: row.quota_bytes ?? undefined,
    usedBytes: await usedBytes(transaction, row.key),
  }
}
