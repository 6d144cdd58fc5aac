/** Registration: packs that are durable become known, and their chunks findable. */
import type { Id } from '../../ids.ts'
import type { NewChunk, NewPack, RegisterAnswer } from '../../rows/packs.ts'
import {
  findChunks,
  insertChunks,
  moveChunk,
  reviveChunks,
  type ChunkRow,
  type NewChunkRow,
} from './chunks.ts'
import { packState } from './codes.ts'
import { nodeMap, type NodeMap } from './nodes.ts'
import { checkSamePack, findPacks, insertNewPacks, packsByKeys, type PackRow } from './packs.ts'
import { excessOf } from './quota.ts'
import { addReceipts } from './shards.ts'
import { listStatement, statement } from './statement.ts'
import { Refusal, type Transaction } from './transaction.ts'
import { holdPacks, uploadOf } from './uploads.ts'
import { vaultOf, type VaultKeyRow } from './vaults.ts'
import { suspectPacks } from './worklists.ts'

const addStored = statement((builder, args: { key: number; bytes: number }) =>
  builder
    .updateTable('vaults')
    .set((each) => ({ stored_bytes: each('stored_bytes', '+', args.bytes) }))
    .where('key', '=', args.key),
)

const notEmpty = listStatement((builder, _args: object, keys: number[]) =>
  builder
    .updateTable('packs')
    .set({ empty_since: null })
    .where('key', 'in', keys)
    .where('empty_since', 'is not', null),
)

export async function registerPacks(
  transaction: Transaction,
  request: { readonly upload: Id; readonly vault: Id; readonly packs: readonly NewPack[] },
): Promise<RegisterAnswer> {
  const vault = await vaultOf(transaction, request.vault)
  const upload = await uploadOf(transaction, request.upload, vault)
  if (upload === undefined) return { kind: 'upload-gone' }
  const dead = await registerUnder(transaction, request.packs, { vault, upload })
  if (dead.length > 0) return { kind: 'dead', packs: dead }
  const excess = await excessOf(transaction, vault.owner)
  if (excess === undefined) return { kind: 'registered' }
  // oxlint-disable-next-line typescript/only-throw-error -- no failure: takes back what was registered
  throw new Refusal({ kind: 'over-quota', ...excess })
}

/** Gives the packs that are dead; when there are any, nothing was written. */
export async function registerUnder(
  transaction: Transaction,
  packs: readonly NewPack[],
  { vault, upload }: { readonly vault: VaultKeyRow; readonly upload: number },
): Promise<Id[]> {
  const named = [...new Map(packs.map((pack) => [pack.pack, pack])).values()]
  const known = await findPacks(
    transaction,
    named.map((pack) => pack.pack),
  )
  const dead = [...known].filter(([, row]) => row.state === packState.dead).map(([id]) => id)
  if (dead.length > 0 || named.length === 0) return dead
  const nodes = await nodeMap(transaction)
  const rows = await registerRows(transaction, named, { vault, known, nodes })
  await holdPacks(
    transaction,
    upload,
    [...rows.values()].map((row) => row.key),
  )
  await placeChunks(transaction, named, { vault, rows })
  return []
}

async function registerRows(
  transaction: Transaction,
  packs: readonly NewPack[],
  context: {
    readonly vault: VaultKeyRow
    readonly known: ReadonlyMap<Id, PackRow>
    readonly nodes: NodeMap
  },
): Promise<Map<Id, PackRow>> {
  const { known, nodes, vault } = context
  const repeated = packs.filter((pack) => known.has(pack.pack))
  for (const pack of repeated) checkSamePack(known.get(pack.pack)!, pack, vault.key)
  const rows = new Map(known)
  if (repeated.length > 0) {
    const receipts = repeated.flatMap((pack) => pack.shards)
    await addReceipts(transaction, receipts, { packs: known, nodes })
    const keys = [...known.values()].map((row) => row.key)
    const now = await transaction.list(packsByKeys, {}, keys)
    for (const row of now) rows.set(row.id.toHex(), row)
    await transaction.list(notEmpty, {}, keys)
  }
  const fresh = packs.filter((pack) => !known.has(pack.pack))
  const inserted = await insertNewPacks(transaction, fresh, { vault: vault.key, nodes })
  for (const [id, row] of inserted) rows.set(id, row)
  return rows
}

interface Offer {
  readonly chunk: NewChunk
  readonly pack: PackRow
}

/** Each chunk gets a row, or keeps the healthier of its places. */
async function placeChunks(
  transaction: Transaction,
  packs: readonly NewPack[],
  { vault, rows }: { readonly vault: VaultKeyRow; readonly rows: ReadonlyMap<Id, PackRow> },
): Promise<void> {
  const offers = bestOffers(packs, rows)
  const ids = [...offers.values()].map((offer) => offer.chunk.id)
  const known = await findChunks(transaction, vault.key, ids)
  const inserted: NewChunkRow[] = []
  let gained = 0
  for (const [id, offer] of offers) {
    const row = known.get(id)
    const wanted = chunkRow(offer, vault.key)
    if (row === undefined) {
      inserted.push(wanted)
      gained += wanted.length
    } else gained += await replaceChunk(transaction, row, { offer, wanted })
  }
  await insertChunks(transaction, inserted)
  if (gained !== 0) await transaction.all(addStored, { key: vault.key, bytes: gained })
}

/** Of a chunk that the request brings twice, the place in the healthier pack. */
function bestOffers(packs: readonly NewPack[], rows: ReadonlyMap<Id, PackRow>): Map<string, Offer> {
  const offers = new Map<string, Offer>()
  for (const pack of packs) {
    const row = rows.get(pack.pack)!
    for (const chunk of pack.chunks) {
      const id = chunk.id.toHex()
      const other = offers.get(id)
      if (other === undefined || other.pack.held < row.held) offers.set(id, { chunk, pack: row })
    }
  }
  return offers
}

/** Gives the bytes that the vault gained by it. */
async function replaceChunk(
  transaction: Transaction,
  row: ChunkRow,
  { offer, wanted }: { readonly offer: Offer; readonly wanted: NewChunkRow },
): Promise<number> {
  const samePack = row.pack === offer.pack.key
  if (samePack) {
    if (row.trash_since !== null) await reviveChunks(transaction, [row.key])
    return 0
  }
  // What is in trash is held by nobody: the new place is held by this upload.
  if (row.trash_since === null && row.held >= offer.pack.held) return 0
  await moveChunk(transaction, row.key, wanted)
  await suspectPacks(transaction, [row.pack])
  return wanted.length - row.length
}

function chunkRow({ chunk, pack }: Offer, vault: number): NewChunkRow {
  return {
    vault,
    id: chunk.id,
    pack: pack.key,
    offset: chunk.offset,
    length: chunk.length,
    generation: chunk.generation,
    trash_since: null,
  }
}

export async function changeStored(
  transaction: Transaction,
  vault: number,
  bytes: number,
): Promise<void> {
  await transaction.all(addStored, { key: vault, bytes })
}
