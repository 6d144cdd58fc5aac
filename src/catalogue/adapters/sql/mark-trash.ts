/**
 * The first half of collection, in bounded transactions: references of purged versions fall, and packs that may
 * have lost a holder are looked at, whose loose chunks are marked as trash.
 */
import { limits } from '../../../base/limits.ts'
import { reviveChunks } from './chunks.ts'
import { packState } from './codes.ts'
import { listStatement, statement } from './statement.ts'
import type { Engine, Transaction } from './transaction.ts'
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
