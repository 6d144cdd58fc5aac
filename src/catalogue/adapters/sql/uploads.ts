/** Uploads: leases that hold what was registered until a version refers to it. */
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import type { Id } from '../../ids.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { Tables, UploadsTable } from './tables.ts'
import type { Transaction } from './transaction.ts'
import { doomVersion, suspectPacks } from './worklists.ts'
import { vaultOf, type VaultKeyRow } from './vaults.ts'

const accountKey = statement((builder, args: { id: Uint8Array }) =>
  builder.selectFrom('accounts').select('key').where('id', '=', args.id),
)

const uploadById = statement((builder, args: { id: Uint8Array }) =>
  builder
    .selectFrom('uploads')
    .innerJoin('accounts', 'accounts.key', 'uploads.account')
    .select(['uploads.key', 'uploads.vault', 'accounts.id as account', 'uploads.expires_ms'])
    .where('uploads.id', '=', args.id),
)

const insertUpload = statement((builder, args: UploadsTable) =>
  builder.insertInto('uploads').values({
    key: args.key,
    id: args.id,
    vault: args.vault,
    account: args.account,
    expires_ms: args.expires_ms,
  }),
)

const setExpiry = statement((builder, args: { key: number; expires_ms: number }) =>
  builder.updateTable('uploads').set({ expires_ms: args.expires_ms }).where('key', '=', args.key),
)

export interface UploadOwner {
  readonly upload: Id
  readonly vault: Id
  readonly account: Id
}

/** Throws FORBIDDEN when the id is another's upload. */
export async function openUpload(
  transaction: Transaction,
  request: UploadOwner,
): Promise<{ expiresMs: number }> {
  const vault = await vaultOf(transaction, request.vault)
  await upsertUpload(transaction, request, vault)
  return { expiresMs: transaction.nowMs + limits.uploadLeaseMs }
}

/** Opens the upload, or renews its lease. Gives its key. */
export async function upsertUpload(
  transaction: Transaction,
  request: UploadOwner,
  vault: VaultKeyRow,
): Promise<number> {
  const expires_ms = transaction.nowMs + limits.uploadLeaseMs
  const id = idToBlob(request.upload)
  const known = await transaction.one(uploadById, { id })
  if (known === undefined) {
    const account = await transaction.one(accountKey, { id: idToBlob(request.account) })
    if (account === undefined) throw foreignUpload(request)
    const key = await transaction.keys(1)
    const row = { key, id, vault: vault.key, account: account.key, expires_ms }
    await transaction.all(insertUpload, row)
    return key
  }
  if (known.vault !== vault.key || blobToId(known.account) !== request.account) {
    throw foreignUpload(request)
  }
  await renew(transaction, known, expires_ms)
  return known.key
}

function foreignUpload(request: UploadOwner): HoldfastError {
  return new HoldfastError(
    'FORBIDDEN',
    `Cannot use the upload ${request.upload}: it is not one of account ${request.account}`,
  )
}

/** A lease moves when half of it is over: a busy upload does not write its row each time. */
async function renew(
  transaction: Transaction,
  upload: { readonly key: number; readonly expires_ms: number },
  expires_ms: number,
): Promise<void> {
  if (upload.expires_ms - transaction.nowMs > limits.uploadLeaseMs / 2) return
  await transaction.all(setExpiry, { key: upload.key, expires_ms })
}

/** The key of an upload of this vault that was not closed; its lease is renewed. */
export async function uploadOf(
  transaction: Transaction,
  upload: Id,
  vault: VaultKeyRow,
): Promise<number | undefined> {
  const known = await transaction.one(uploadById, { id: idToBlob(upload) })
  if (known === undefined || known.vault !== vault.key || known.expires_ms === 0) return undefined
  await renew(transaction, known, transaction.nowMs + limits.uploadLeaseMs)
  return known.key
}

const insertUploadPacks = rowsStatement<Tables['upload_packs'], unknown>(
  ['upload', 'pack'],
  (builder, rows) =>
    builder
      .insertInto('upload_packs')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['upload', 'pack']).doNothing()),
)

/** From here on, nothing in these packs is trash while the upload is open. */
export async function holdPacks(
  transaction: Transaction,
  upload: number,
  packs: readonly number[],
): Promise<void> {
  await transaction.insert(
    insertUploadPacks,
    packs.map((pack) => ({ upload, pack })),
  )
}

const packsOfUpload = statement((builder, args: { upload: number; most: number }) =>
  builder
    .selectFrom('upload_packs')
    .select('pack')
    .where('upload', '=', args.upload)
    .orderBy('pack')
    .limit(args.most),
)

const releasePacks = statement((builder, args: { upload: number; upTo: number }) =>
  builder
    .deleteFrom('upload_packs')
    .where('upload', '=', args.upload)
    .where('pack', '<=', args.upTo),
)

const stagedOfUpload = statement((builder, args: { upload: number; most: number }) =>
  builder.selectFrom('staged').select('version').where('upload', '=', args.upload).limit(args.most),
)

const deleteUpload = statement((builder, args: { key: number }) =>
  builder.deleteFrom('uploads').where('key', '=', args.key),
)

const deleteStaged = statement((builder, args: { version: number }) =>
  builder.deleteFrom('staged').where('version', '=', args.version),
)

const expiredUpload = statement((builder, args: { nowMs: number }) =>
  builder
    .selectFrom('uploads')
    .select('key')
    .where('expires_ms', '<=', args.nowMs)
    .orderBy('expires_ms')
    .limit(1),
)

/** Due at once, whatever grace the trash has. */
const longAgoMs = 0

const discardChunks = listStatement((builder, _args: object, packs: number[]) =>
  builder
    .updateTable('chunks')
    .set({ trash_since: longAgoMs })
    .where('pack', 'in', packs)
    .where((each) =>
      each.not(
        each.exists(
          each.selectFrom('refs').select('refs.version').whereRef('refs.chunk', '=', 'chunks.key'),
        ),
      ),
    ),
)

/** Gives up to a unit of what the upload holds; the rest follows with `expireUpload`. */
export async function closeUpload(
  transaction: Transaction,
  upload: Id,
  { discard = false }: { readonly discard?: boolean | undefined } = {},
): Promise<void> {
  const known = await transaction.one(uploadById, { id: idToBlob(upload) })
  if (known === undefined) return
  if (discard) {
    const most = limits.uploadPacksPerUnit
    const packs = await transaction.all(packsOfUpload, { upload: known.key, most })
    await transaction.list(
      discardChunks,
      {},
      packs.map((each) => each.pack),
    )
  }
  const gone = await endUpload(transaction, known.key)
  if (!gone) await transaction.all(setExpiry, { key: known.key, expires_ms: 0 })
}

/** One unit of work on the upload whose lease ended longest ago. */
export async function expireUpload(
  transaction: Transaction,
): Promise<'none' | 'gone' | 'under-way'> {
  const expired = await transaction.one(expiredUpload, { nowMs: transaction.nowMs })
  if (expired === undefined) return 'none'
  if (await endUpload(transaction, expired.key)) return 'gone'
  await transaction.all(setExpiry, { key: expired.key, expires_ms: 0 })
  return 'under-way'
}

/** Whether nothing of it is left. */
async function endUpload(transaction: Transaction, upload: number): Promise<boolean> {
  const most = limits.uploadPacksPerUnit
  const packs = await transaction.all(packsOfUpload, { upload, most })
  await suspectPacks(
    transaction,
    packs.map((each) => each.pack),
  )
  const last = packs.at(-1)
  if (last !== undefined) await transaction.all(releasePacks, { upload, upTo: last.pack })
  const staged = await transaction.all(stagedOfUpload, { upload, most })
  for (const { version } of staged) {
    await transaction.all(deleteStaged, { version })
    await doomVersion(transaction, version)
  }
  if (packs.length === most || staged.length === most) return false
  await transaction.all(deleteUpload, { key: upload })
  return true
}
