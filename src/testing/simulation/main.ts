/**
 * `npm run sim -- [--seeds N] [--seed S] [--fault NAME] [--processes P] [--keep-going] [--trace] [--json]`: N
 * worlds from seed S on, in P processes. Exit code 1 when an invariant does not hold, with the failing seed and
 * how to replay it.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { progressTo } from './progress.ts'
import { plantedFaults } from './scenario/planted.ts'
import { runSeeds } from './scenario/run-seeds.ts'
import { failureText, replayCommand, summaryText } from './summary.ts'
import { runWorlds } from './worlds.ts'
import type { WorldsResult } from './worlds.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string' },
    trace: { type: 'boolean', default: false },
    processes: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const { fault, trace, json } = values
const first = whole(values.seed)
const count = values.seeds === undefined ? 1 : whole(values.seeds)
if (fault !== undefined && plantedFaults[fault] === undefined) {
  refuse(`There is no planted fault ${fault}: ${Object.keys(plantedFaults).join(', ')}`)
}
if (trace) await showTrace(first)
else await runAll()

async function runAll(): Promise<void> {
  const startMs = performance.now()
  const processes = whole(values.processes ?? String(availableParallelism()))
  const progress = json ? undefined : progressTo(process.stderr, count)
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
  const result = await runWorlds({
    first,
    count,
    fault,
    processes,
    keepGoing: values['keep-going'],
    told: ({ seed, failure }, far) => {
      progress?.show(far)
      if (failure !== undefined) progress?.say(`Seed ${seed} fails: ${failure.split('\n', 1)[0]}`)
    },
    signal: ending.signal,
  })
  progress?.clear()
  const seconds = (performance.now() - startMs) / 1000
  console.log(
    json ? jsonOf(result, seconds) : summaryText(result, { first, count, fault, seconds }),
  )
  if (result.failed > 0 || ending.signal.aborted) process.exitCode = 1
}

function jsonOf({ done, failures, counts, worldsWith }: WorldsResult, seconds: number): string {
  const told = failures.map(({ counts: _counts, ...failure }) => ({
    ...failure,
    replay: replayCommand(failure.seed, fault),
  }))
  return JSON.stringify({ first, done, seconds, failures: told, counts, worldsWith }, null, 2)
}

async function showTrace(seed: number): Promise<void> {
  await runSeeds({
    seeds: [seed],
    fault,
    echo: (line) => console.log(line),
    done(_seed, result) {
      if (result.failure === undefined) console.log(`Seed ${seed} holds; trace ${result.traceHash}`)
      else {
        console.log(failureText({ ...result, traceTail: [], seed }, fault))
        process.exitCode = 1
      }
      return true
    },
  })
}

function whole(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) refuse(`${text} is no whole number above 0`)
  return number
}

function refuse(why: string): never {
  console.error(why)
  process.exit(2)
}
