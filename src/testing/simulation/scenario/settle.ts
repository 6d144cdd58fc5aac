/** After all mischief: what is kept becomes complete again, what nobody needs goes, and nothing else. */
import { sleep } from '../../../base/clock.ts'
import { limits as commonLimits } from '../../../base/limits.ts'
import type { LimitValues } from '../../../coordinator/context.ts'
import type { SimulatedGrid } from '../grid/grid.ts'
import type { NodeHost } from '../grid/node-host.ts'
import { brokenFeeds, incompletePacks, leaks, lostShards, miscounts } from './audit.ts'
import type { Court } from './judge.ts'

export interface Settling {
  readonly grid: SimulatedGrid
  readonly court: Court
  readonly faithless: readonly NodeHost[]
  /** Of the coordinator. */
  readonly limits: Pick<LimitValues, 'trashMs' | 'retentionMs' | 'collectGraceMs'>
}

const completeTriesMax = 20
/** Slept through between two looks: longer than what healing waits for its next round. */
const lookMs = 12_000
const wakingMs = 1_000
const censusMs = 25 * 3_600_000
const graceRounds = 6
/**
 * One collects while the nodes are still known to be up: sooner than `nodeDownMs`. All together are longer than
 * a census waits for a node whose connection was lost over the grace.
 */
const collectTurns = 5
const collectTurnMs = 4_000

/** Waits until every pack has all its shards again. */
export async function becomeComplete(settling: Settling): Promise<void> {
  const { grid, court } = settling
  for (let tries = 0; ; tries += 1) {
    const complaints = await incompletePacks(grid)
    if (complaints.length === 0) return
    if (tries === completeTriesMax) {
      await blameFaithful(settling)
      // What a node lost without knowing is found when it is counted again
      grid.parts.scheduler.skip(censusMs)
    }
    if (tries === 2 * completeTriesMax) {
      court.complain(`not complete after all is well: ${complaints[0]} (${complaints.length} such)`)
      return
    }
    await pass(grid, lookMs)
    await startAgain(settling)
  }
}

/** As an operator does with a node that says that its store was opened on a bad disk. */
async function startAgain({ grid }: Settling): Promise<void> {
  for (const node of grid.nodes) {
    if (!node.needsStart) continue
    grid.parts.count('operator: nodes started again after a bad disk')
    node.crash({ power: false, silent: false })
    await node.start()
  }
}

/** A node that never lost anything has all that its rows say. */
async function blameFaithful({ grid, court, faithless }: Settling): Promise<void> {
  const suspects = grid.nodes.filter((node) => node.mayMiss || faithless.includes(node))
  const names = new Set(suspects.map(({ node }) => node))
  for (const { node, complaint } of await lostShards(grid)) {
    if (!names.has(node)) court.complain(complaint)
  }
}

/**
 * An image of a store that was replaced since is in quarantine until the operator is certain. No other node has
 * a reason to be, one with a new disk neither: it takes nothing before the coordinator knows its store.
 */
async function endQuarantine({ grid, court, faithless }: Settling): Promise<void> {
  const { coordinator, parts } = grid
  const rows = coordinator.database.run(
    'select lower(hex(id)) as node, quarantine from nodes where quarantine is not null',
  ) as { readonly node: string; readonly quarantine: string }[]
  for (const { node } of rows) {
    if (faithless.every((each) => each.node !== node)) {
      court.complain(`node ${node} is in quarantine, and had no store but its own`)
    }
  }
  if (rows[0] === undefined) return
  parts.count('operator: quarantines ended')
  await coordinator.restartToEnd(rows[0].quarantine)
}

/** Lets all graces pass, several times over, as one thing goes only after another. */
export async function collectAll(settling: Settling): Promise<void> {
  const { grid, court, limits } = settling
  await startAgain(settling)
  await endQuarantine(settling)
  const graceMs = Math.max(censusMs, limits.trashMs, limits.retentionMs, limits.collectGraceMs)
  for (let round = 0; ; round += 1) {
    const complaints = await leaks(grid)
    if (complaints.length === 0) break
    if (round === graceRounds) {
      court.complain(`leaked for ever: ${complaints[0]} (${complaints.length} such)`)
      return
    }
    await pass(grid, graceMs + 60_000)
    for (let turn = 0; turn < collectTurns; turn += 1) await pass(grid, collectTurnMs)
  }
  await becomeComplete(settling)
  for (const complaint of [...miscounts(grid), ...brokenFeeds(grid)]) court.complain(complaint)
}

/** Sleeps for `ms`, and then waits until what the sleep itself broke, such as handshakes, was tried again. */
export async function calmDown(grid: SimulatedGrid, ms: number): Promise<void> {
  await pass(grid, ms)
  await sleep(grid.parts.scheduler.clock(), commonLimits.reconnectMaxMs)
}

/** Sleeps for `ms`, then is awake for a while: time passes and costs little. */
export function pass({ parts: { scheduler } }: SimulatedGrid, ms: number): Promise<void> {
  scheduler.skip(ms)
  return sleep(scheduler.clock(), wakingMs)
}
