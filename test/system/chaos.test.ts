/**
 * Rounds of a grid under load whose programs and clients are killed at random moments. `HOLDFAST_ROUNDS` is how
 * many, `HOLDFAST_SEED` begins them as another run did; what the machine does in between differs each time.
 */
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Dice } from './content.ts'
import { Grid } from './grid.ts'
import { Writer } from './writer.ts'

const rounds = Number(process.env['HOLDFAST_ROUNDS'] ?? 10)
const seed = Number(process.env['HOLDFAST_SEED'] ?? Date.now() % 2 ** 32)
const operationsPerRound = 15
const minute = 60_000

/** Kills something, waits, and starts it again when it is a program of the grid. */
async function strike(grid: Grid, writers: readonly Writer[], dice: Dice): Promise<void> {
  const victim = dice.among([...grid.programs, 'client', 'two nodes'])
  if (victim === 'client') {
    dice.among(writers).kill()
    return
  }
  const first = dice.among(grid.nodes)
  const names =
    victim === 'two nodes'
      ? [first, dice.among(grid.nodes.filter((name) => name !== first))]
      : [victim]
  await grid.kill(...names)
  await wait(dice.below(1500))
  await Promise.all(names.map((name) => grid.start(name)))
}

async function round(grid: Grid, writers: readonly Writer[], dice: Dice): Promise<number> {
  let strikes = 0
  const load = { left: operationsPerRound, working: writers.length }
  const working = Promise.all(writers.map((writer) => writer.work(load)))
  working.catch(() => {})
  while (load.working > 0) {
    await wait(dice.below(900))
    await strike(grid, writers, dice)
    strikes += 1
  }
  await working
  await grid.complete()
  for (const writer of writers) await writer.check()
  return strikes
}

it(
  `loses nothing in ${rounds} rounds of kills`,
  { timeout: (5 + rounds) * minute },
  async (context) => {
    context.diagnostic(`HOLDFAST_SEED=${seed}`)
    const toml = { coordinator: 'repairGrace = "500ms"\nnodeDown = "1500ms"' }
    const grid = await Grid.start(context, { toml })
    const dice = new Dice(seed)
    const writers = [1, 2, 3].map(
      (number) => new Writer(grid, { name: `writer ${number}`, seed: dice.below(2 ** 32) }),
    )
    let strikes = 0
    for (let number = 1; number <= rounds; number += 1) {
      strikes += await round(grid, writers, dice)
      if (number % 10 === 0) console.log(`${number} rounds, ${strikes} strikes`)
    }
    const counts = writers.map((writer) => writer.counts)
    context.diagnostic(
      `${strikes} strikes; ${counts.map((count) => JSON.stringify(count)).join(' ')}`,
    )
  },
)
