import { limits } from '../../../base/limits.ts'
import { statement } from './statement.ts'
import type { Transaction } from './transaction.ts'

interface Try {
  readonly name: string
  readonly source: string
}

const findTry = statement((builder, args: Try) =>
  builder
    .selectFrom('tries')
    .select(['unfinished', 'last_ms'])
    .where('name', '=', args.name)
    .where('source', '=', args.source),
)

const countTry = statement((builder, args: Try & { nowMs: number }) =>
  builder
    .insertInto('tries')
    .values({ name: args.name, source: args.source, unfinished: 1, last_ms: args.nowMs })
    .onConflict((conflict) =>
      conflict.columns(['name', 'source']).doUpdateSet((each) => ({
        unfinished: each('tries.unfinished', '+', 1),
        last_ms: each.ref('excluded.last_ms'),
      })),
    ),
)

const setLast = statement((builder, args: Try & { nowMs: number }) =>
  builder
    .updateTable('tries')
    .set({ last_ms: args.nowMs })
    .where('name', '=', args.name)
    .where('source', '=', args.source),
)

const recentTry = statement((builder, args: { name: string; sinceMs: number }) =>
  builder
    .selectFrom('tries')
    .select('source')
    .where('name', '=', args.name)
    .where('last_ms', '>=', args.sinceMs)
    .limit(1),
)

const endTries = statement((builder, args: Try) =>
  builder.deleteFrom('tries').where('name', '=', args.name).where('source', '=', args.source),
)

const oldTries = statement((builder, args: { beforeMs: number; most: number }) =>
  builder
    .selectFrom('tries')
    .select(['name', 'source'])
    .where('last_ms', '<', args.beforeMs)
    .orderBy('last_ms')
    .limit(args.most),
)

/** How many forgotten rows each try takes along: more than it adds. */
const forgottenPerTry = 4

export async function beginTry(
  transaction: Transaction,
  request: Try & { readonly free?: number | undefined },
): Promise<{ kind: 'go' } | { kind: 'wait'; waitMs: number }> {
  const { nowMs } = transaction
  const key = { name: request.name, source: request.source }
  await forgetOldTries(transaction)
  const row = await transaction.one(findTry, key)
  const lastMs = Math.min(row?.last_ms ?? nowMs, nowMs)
  const waitMs = lastMs + delayMs(row?.unfinished ?? 0, request.free) - nowMs
  if (waitMs > 0) {
    // The clock was set back: the wait is from now on, and passes.
    if (row!.last_ms > nowMs) await transaction.all(setLast, { ...key, nowMs })
    return { kind: 'wait', waitMs }
  }
  await transaction.all(countTry, { ...key, nowMs })
  return { kind: 'go' }
}

/** After the free tries: one delay, doubled with each further try. */
function delayMs(unfinished: number, free: number = limits.freeTries): number {
  if (unfinished < free) return 0
  return Math.min(limits.tryDelayMs * 2 ** (unfinished - free), limits.tryDelayMaxMs)
}

/** Whether a try of this name, from wherever, was begun since then. */
export async function wasTried(
  transaction: Transaction,
  request: { readonly name: string; readonly sinceMs: number },
): Promise<boolean> {
  return (await transaction.one(recentTry, request)) !== undefined
}

async function forgetOldTries(transaction: Transaction): Promise<void> {
  const beforeMs = transaction.nowMs - limits.tryForgetMs
  const old = await transaction.all(oldTries, { beforeMs, most: forgottenPerTry })
  for (const each of old) await transaction.all(endTries, each)
}

export async function loginDone(transaction: Transaction, tried: Try): Promise<void> {
  await transaction.all(endTries, tried)
}
