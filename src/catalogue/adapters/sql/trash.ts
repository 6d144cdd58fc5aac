/**
 * Collection, in bounded transactions: references of purged versions fall, packs that may have lost a holder
 * are looked at, their loose chunks wait in trash, then go, and packs without a chunk die.
 */
import { limits } from '../../../base/limits.ts'
import { sql } from 'kysely'
import { packState, shardCode } from './codes.ts'
import { changeStored } from './register.ts'
import { listStatement, statement } from './statement.ts'
import type { Engine, Transaction } from './transaction.ts'
import { reviveChunks } from './chunks.ts'
import { suspectPacks } from './worklists.ts'

const nextDoomed = statement((builder) =>
  builder.selectFrom('doomed').select('version').orderBy('version').limit(1),
)

const refsOfDoomed = statement((builder, args: { version: number; most: number }) =>
  builder
    .selectFrom('refs')
    .innerJoin('chunks', 'chunks.key', 'refs.chunk')
    .select(['refs.position', 'chunks.pack'])
    .where('refs.version', '=', args.version)
    .orderBy('refs.position')
    .limit(args.most),
)

const deleteRefs = statement((builder, args: { version: number; upTo: number }) =>
  builder.deleteFrom('refs').where('version', '=', args.version).where('position', '<=', args.upTo),
)

const deletePages = statement((builder, args: { version: number; below: number }) =>
  builder.deleteFrom('pages').where('version', '=', args.version).where('number', '<', args.below),
)

const deleteDoomed = statement((builder, args: { version: number }) =>
  builder.deleteFrom('doomed').where('version', '=', args.version),
)

/** A piece of the work on one doomed version. False when there is none. */
async function dropReferences(transaction: Transaction): Promise<boolean> {
  const doomed = await transaction.one(nextDoomed, {})
  if (doomed === undefined) return false
  const { version } = doomed
  const most = limits.catalogueUnitRows
  const refs = await transaction.all(refsOfDoomed, { version, most })
  await suspectPacks(
    transaction,
    refs.map((each) => each.pack),
  )
  const last = refs.at(-1)
  if (last !== undefined) {
    await transaction.all(deleteRefs, { version, upTo: last.position })
    const below = Math.floor((last.position + 1) / limits.pageChunksMax)
    await transaction.all(deletePages, { version, below })
  }
  if (refs.length === most) return true
  await transaction.all(deletePages, { version, below: Number.MAX_SAFE_INTEGER })
  await transaction.all(deleteDoomed, { version })
  return true
}

const nextSuspects = statement((builder, args: { most: number }) =>
  builder
    .selectFrom('suspects')
    .innerJoin('packs', 'packs.key', 'suspects.pack')
    .select(['packs.key', 'packs.state', 'packs.empty_since'])
    .select((each) =>
      each
        .exists(
          each
            .selectFrom('upload_packs')
            .select('upload_packs.upload')
            .whereRef('upload_packs.pack', '=', 'packs.key'),
        )
        .as('held_by_upload'),
    )
    .orderBy('suspects.pack')
    .limit(args.most),
)

const chunksOfPacks = listStatement((builder, _args: object, packs: number[]) =>
  builder
    .selectFrom('chunks')
    .select(['chunks.key', 'chunks.pack', 'chunks.trash_since'])
    .select((each) =>
      each
        .exists(
          each.selectFrom('refs').select('refs.version').whereRef('refs.chunk', '=', 'chunks.key'),
        )
        .as('referred'),
    )
    .where('chunks.pack', 'in', packs),
)

const setTrash = listStatement((builder, args: { nowMs: number }, keys: number[]) =>
  builder.updateTable('chunks').set({ trash_since: args.nowMs }).where('key', 'in', keys),
)

const setEmpty = listStatement((builder, args: { nowMs: number }, keys: number[]) =>
  builder
    .updateTable('packs')
    .set({ empty_since: args.nowMs })
    .where('key', 'in', keys)
    .where('empty_since', 'is', null),
)

const deleteSuspects = listStatement((builder, _args: object, packs: number[]) =>
  builder.deleteFrom('suspects').where('pack', 'in', packs),
)

/** Looks at a few suspects. Undefined when there are none. */
async function lookAtSuspects(transaction: Transaction): Promise<number | undefined> {
  const suspects = await transaction.all(nextSuspects, { most: limits.suspectsPerUnit })
  if (suspects.length === 0) return undefined
  const alive = suspects.filter((each) => each.state !== packState.dead)
  const keys = alive.map((each) => each.key)
  const chunks = Map.groupBy(await transaction.list(chunksOfPacks, {}, keys), (each) => each.pack)
  const loose: number[] = []
  const referred: number[] = []
  const empty: number[] = []
  for (const { key, held_by_upload } of alive) {
    const rows = chunks.get(key) ?? []
    if (rows.length === 0 && !held_by_upload) empty.push(key)
    for (const row of rows) {
      if (row.referred) referred.push(...(row.trash_since === null ? [] : [row.key]))
      else if (!held_by_upload && row.trash_since === null) loose.push(row.key)
    }
  }
  const { nowMs } = transaction
  await reviveChunks(transaction, referred)
  await transaction.list(setTrash, { nowMs }, loose)
  await transaction.list(setEmpty, { nowMs }, empty)
  await transaction.list(
    deleteSuspects,
    {},
    suspects.map((each) => each.key),
  )
  return loose.length
}

/** May mark somewhat more than `most`: packs are looked at whole. */
export async function markTrash(engine: Engine, most: number): Promise<{ marked: number }> {
  while (await engine.write(dropReferences));
  let marked = 0
  while (marked < most) {
    const more = await engine.write(lookAtSuspects)
    if (more === undefined) break
    marked += more
  }
  return { marked }
}

const trashBefore = statement((builder, args: { beforeMs: number; most: number }) =>
  builder
    .selectFrom('chunks')
    .select(['key', 'vault', 'pack', 'length'])
    .select((each) =>
      each
        .exists(
          each.selectFrom('refs').select('refs.version').whereRef('refs.chunk', '=', 'chunks.key'),
        )
        .as('referred'),
    )
    .where('trash_since', 'is not', null)
    .where('trash_since', '<', args.beforeMs)
    .orderBy('trash_since')
    .limit(args.most),
)

const deleteChunks = listStatement((builder, _args: object, keys: number[]) =>
  builder.deleteFrom('chunks').where('key', 'in', keys),
)

const emptyBefore = statement((builder, args: { beforeMs: number; most: number }) =>
  builder
    .selectFrom('packs')
    .select('key')
    .where('empty_since', 'is not', null)
    .where('empty_since', '<', args.beforeMs)
    .orderBy('empty_since')
    .limit(args.most),
)

const clearEmpty = listStatement((builder, _args: object, keys: number[]) =>
  builder.updateTable('packs').set({ empty_since: null }).where('key', 'in', keys),
)

/** Of these packs, those that neither a chunk nor an upload keeps alive. */
const abandoned = listStatement((builder, _args: object, keys: number[]) =>
  builder
    .selectFrom('packs')
    .select('packs.key')
    .where('packs.key', 'in', keys)
    .where('packs.state', '!=', packState.dead)
    .where((each) =>
      each.not(
        each.or([
          each.exists(
            each.selectFrom('chunks').select('key').whereRef('chunks.pack', '=', 'packs.key'),
          ),
          each.exists(
            each
              .selectFrom('upload_packs')
              .select('upload')
              .whereRef('upload_packs.pack', '=', 'packs.key'),
          ),
        ]),
      ),
    ),
)

const killRows = listStatement((builder, _args: object, keys: number[]) =>
  builder
    .updateTable('packs')
    .set({ state: packState.dead, unheld: 0, empty_since: null })
    .where('key', 'in', keys),
)

/** Places where nothing is need no delete. */
const forgetUnheld = listStatement((builder, _args: object, keys: number[]) =>
  builder
    .deleteFrom('shards')
    .where('pack', 'in', keys)
    .where('state', 'in', [sql.lit(shardCode.missing), sql.lit(shardCode.lost)]),
)

async function killAbandoned(transaction: Transaction, packs: Iterable<number>): Promise<number> {
  const rows = await transaction.list(abandoned, {}, [...new Set(packs)])
  const keys = rows.map((each) => each.key)
  await transaction.list(killRows, {}, keys)
  await transaction.list(forgetUnheld, {}, keys)
  return keys.length
}

interface Emptied {
  readonly looked: number
  readonly chunks: number
  readonly packs: number
}

async function emptyChunks(
  transaction: Transaction,
  request: { readonly beforeMs: number; readonly most: number },
): Promise<Emptied> {
  const rows = await transaction.all(trashBefore, request)
  const [referred, gone] = [rows.filter((row) => row.referred), rows.filter((row) => !row.referred)]
  await reviveChunks(
    transaction,
    referred.map((row) => row.key),
  )
  await transaction.list(
    deleteChunks,
    {},
    gone.map((row) => row.key),
  )
  for (const [vault, ofVault] of Map.groupBy(gone, (row) => row.vault)) {
    let bytes = 0
    for (const { length } of ofVault) bytes += length
    await changeStored(transaction, vault, -bytes)
  }
  const packs = await killAbandoned(
    transaction,
    gone.map((row) => row.pack),
  )
  return { looked: rows.length, chunks: gone.length, packs }
}

async function emptyPacks(
  transaction: Transaction,
  request: { readonly beforeMs: number; readonly most: number },
): Promise<Emptied> {
  const keys = (await transaction.all(emptyBefore, request)).map((each) => each.key)
  const packs = await killAbandoned(transaction, keys)
  await transaction.list(clearEmpty, {}, keys)
  return { looked: keys.length, chunks: 0, packs }
}

export async function emptyTrash(
  engine: Engine,
  { beforeMs, most }: { readonly beforeMs: number; readonly most: number },
): Promise<{ chunks: number; packs: number }> {
  let [chunks, packs] = [0, 0]
  for (const empty of [emptyChunks, emptyPacks]) {
    for (let left = most; left > 0;) {
      const unit = { beforeMs, most: Math.min(left, limits.catalogueUnitRows) }
      const part = await engine.write((transaction) => empty(transaction, unit))
      chunks += part.chunks
      packs += part.packs
      left -= part.looked
      if (part.looked < unit.most) break
    }
  }
  return { chunks, packs }
}
