/**
 * The second half of collection, in bounded transactions: chunks that waited in trash go, and packs without a
 * chunk die.
 */
import { sql } from 'kysely'
import { limits } from '../../../base/limits.ts'
import { reviveChunks } from './chunks.ts'
import { packState, shardCode } from './codes.ts'
import { changeStored } from './register.ts'
import { listStatement, statement } from './statement.ts'
import type { Engine, Transaction } from './transaction.ts'

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
