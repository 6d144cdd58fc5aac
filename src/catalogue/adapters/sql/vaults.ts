import { equalBytes } from '../../../base/bytes.ts'
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import type { Id } from '../../ids.ts'
import type { NewVault, VaultRow } from '../../rows/vaults.ts'
import { firstFeedHash } from '../../../core/feed-hash.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import type { CatalogueParts } from '../../parts.ts'
import { entryKind } from './codes.ts'
import { statement, type Builder } from './statement.ts'
import type { Tables, VaultsTable } from './tables.ts'
import type { Transaction } from './transaction.ts'

export type VaultKeyRow = Omit<VaultsTable, 'key'> & { readonly key: number }
type NewVaultRow = Omit<VaultsTable, 'key'>

const vaultById = statement((builder, args: { id: Uint8Array }) =>
  builder.selectFrom('vaults').selectAll().where('id', '=', args.id),
)

const countVaults = statement((builder, args: { owner: number }) =>
  builder
    .selectFrom('vaults')
    .select((each) => each.fn.countAll<number>().as('count'))
    .where('owner', '=', args.owner),
)

const memberByName = statement((builder, args: { account: number; tag: Uint8Array }) =>
  builder
    .selectFrom('members')
    .select('vault')
    .where('account', '=', args.account)
    .where('name_tag', '=', args.tag),
)

const insertVaultRow = statement((builder, args: NewVaultRow) =>
  builder
    .insertInto('vaults')
    .values({
      id: args.id,
      owner: args.owner,
      code: args.code,
      k: args.k,
      m: args.m,
      threshold: args.threshold,
      record_number: args.record_number,
      n: args.n,
      h: args.h,
      stored_bytes: args.stored_bytes,
    })
    .returning('key'),
)

const insertRecord = statement((builder, args: Tables['vault_records']) =>
  builder.insertInto('vault_records').values({
    vault: args.vault,
    number: args.number,
    record: args.record,
    signature: args.signature,
  }),
)

const insertMember = statement((builder, args: Tables['members']) =>
  builder.insertInto('members').values({
    vault: args.vault,
    account: args.account,
    wrapped_keys: args.wrapped_keys,
    name_tag: args.name_tag,
    sealed_name: args.sealed_name,
  }),
)

const insertRoot = statement(
  (builder, args: { key: number; vault: number; id: Uint8Array; tag: Uint8Array; kind: number }) =>
    builder.insertInto('entries').values({
      key: args.key,
      vault: args.vault,
      id: args.id,
      parent: null,
      tag: args.tag,
      folder: 1,
      kind: args.kind,
      implicit: 0,
      head: null,
      deleted_ms: null,
    }),
)

// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is the query's own
function memberVaults(builder: Builder) {
  return builder
    .selectFrom('members')
    .innerJoin('accounts as member', 'member.key', 'members.account')
    .innerJoin('vaults', 'vaults.key', 'members.vault')
    .innerJoin('accounts as owner', 'owner.key', 'vaults.owner')
    .innerJoin('vault_records', (join) =>
      join
        .onRef('vault_records.vault', '=', 'vaults.key')
        .onRef('vault_records.number', '=', 'vaults.record_number'),
    )
    .select([
      'vaults.id',
      'owner.id as owner_id',
      'vaults.code',
      'vaults.k',
      'vaults.m',
      'vaults.threshold',
      'vaults.n',
      'vaults.h',
      'vault_records.record',
      'vault_records.signature',
      'members.wrapped_keys',
      'members.name_tag',
      'members.sealed_name',
    ])
}

const vaultsOfMember = statement((builder, args: { account: Uint8Array }) =>
  memberVaults(builder).where('member.id', '=', args.account).orderBy('vaults.id'),
)

const vaultOfMember = statement((builder, args: { account: Uint8Array; vault: Uint8Array }) =>
  memberVaults(builder).where('member.id', '=', args.account).where('vaults.id', '=', args.vault),
)

const accountKey = statement((builder, args: { id: Uint8Array }) =>
  builder.selectFrom('accounts').select('key').where('id', '=', args.id),
)

export type VaultCreated = { kind: 'created' } | { kind: 'exists' } | { kind: 'too-many' }

export async function createVault(
  transaction: Transaction,
  request: NewVault,
  parts: CatalogueParts,
): Promise<VaultCreated> {
  const account = await transaction.one(accountKey, { id: idToBlob(request.account) })
  if (account === undefined) {
    throw new HoldfastError('NOT_FOUND', `Cannot create a vault: no account ${request.account}`)
  }
  return insertVault(transaction, request, { owner: account.key, parts })
}

export async function insertVault(
  transaction: Transaction,
  request: NewVault,
  { owner, parts }: { readonly owner: number; readonly parts: CatalogueParts },
): Promise<VaultCreated> {
  const id = idToBlob(request.vault)
  const known = await transaction.one(vaultById, { id })
  if (known !== undefined) return isRepeat(transaction, request, known.owner === owner)
  const named = await transaction.one(memberByName, { account: owner, tag: request.nameTag })
  if (named !== undefined) return { kind: 'exists' }
  const count = await transaction.one(countVaults, { owner })
  if (count!.count >= limits.vaultsPerAccountMax) return { kind: 'too-many' }
  const h = firstFeedHash(parts.primitives, id)
  const { code, k, m, threshold } = request.policy
  const policy = { code, k, m, threshold }
  const row = { ...policy, id, owner, record_number: 1, n: 0, h, stored_bytes: 0 }
  const inserted = await transaction.one(insertVaultRow, row)
  await insertVaultParts(transaction, request, { owner, vault: inserted!.key, id })
  return { kind: 'created' }
}

async function insertVaultParts(
  transaction: Transaction,
  request: NewVault,
  keys: { readonly owner: number; readonly vault: number; readonly id: Uint8Array },
): Promise<void> {
  const { vault } = keys
  const record = { record: request.record, signature: request.recordSignature }
  await transaction.all(insertRecord, { vault, number: 1, ...record })
  await transaction.all(insertMember, {
    vault,
    account: keys.owner,
    wrapped_keys: request.wrappedKeys,
    name_tag: request.nameTag,
    sealed_name: request.sealedName,
  })
  const tag = new Uint8Array(32)
  const key = await transaction.keys(1)
  await transaction.all(insertRoot, { key, vault, id: keys.id, tag, kind: entryKind.folder })
}

/** The same vault asked for again by its owner, the answer having been lost, is created. */
async function isRepeat(
  transaction: Transaction,
  request: NewVault,
  own: boolean,
): Promise<VaultCreated> {
  const row = own ? await findVault(transaction, request) : undefined
  const same = row !== undefined && equalBytes(row.record, request.record)
  return { kind: same ? 'created' : 'exists' }
}

export async function listVaults(transaction: Transaction, account: Id): Promise<VaultRow[]> {
  const rows = await transaction.all(vaultsOfMember, { account: idToBlob(account) })
  return rows.map(vaultRow)
}

export async function findVault(
  transaction: Transaction,
  request: { readonly vault: Id; readonly account: Id },
): Promise<VaultRow | undefined> {
  const args = { account: idToBlob(request.account), vault: idToBlob(request.vault) }
  const row = await transaction.one(vaultOfMember, args)
  return row === undefined ? undefined : vaultRow(row)
}

type MemberVault = Awaited<ReturnType<ReturnType<typeof memberVaults>['executeTakeFirstOrThrow']>>

function vaultRow(row: MemberVault): VaultRow {
  return {
    vault: blobToId(row.id),
    owner: blobToId(row.owner_id),
    policy: { code: row.code, k: row.k, m: row.m, threshold: row.threshold },
    record: row.record,
    recordSignature: row.signature,
    wrappedKeys: row.wrapped_keys,
    nameTag: row.name_tag,
    sealedName: row.sealed_name,
    n: row.n,
    h: row.h,
  }
}

/** The row that everything in a vault hangs on. Throws VAULT_NOT_FOUND. */
export async function vaultOf(transaction: Transaction, vault: Id): Promise<VaultKeyRow> {
  const row = await transaction.one(vaultById, { id: idToBlob(vault) })
  if (row !== undefined) return row
  throw new HoldfastError('VAULT_NOT_FOUND', `Cannot find the vault ${vault}`)
}

const memberAccount = statement((builder, args: { vault: number; account: Uint8Array }) =>
  builder
    .selectFrom('accounts')
    .innerJoin('members', 'members.account', 'accounts.key')
    .select('accounts.key')
    .where('accounts.id', '=', args.account)
    .where('members.vault', '=', args.vault),
)

/** Key of the account when it is a member of the vault. */
export async function memberKey(
  transaction: Transaction,
  vault: number,
  account: Id,
): Promise<number | undefined> {
  return (await transaction.one(memberAccount, { vault, account: idToBlob(account) }))?.key
}
