/**
 * `npm run sim -- [--seeds N] [--seed S] [--fault NAME] [--trace] [--processes P]`: N worlds from seed S on, in
 * P processes. Prints the first failing seed of each process with the end of its trace, and how to replay it.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { plantedFaults } from './scenario/planted.ts'
import { runSeeds } from './scenario/run-seeds.ts'
import type { ScenarioResult } from './scenario/scenario.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string' },
    trace: { type: 'boolean', default: false },
    processes: { type: 'string' },
    /** Of a child: every how many seeds it takes. */
    step: { type: 'string', default: '1' },
  },
})
const { fault, trace } = values
const first = whole(values.seed)
const count = values.seeds === undefined ? 1 : whole(values.seeds)
const step = whole(values.step)
if (fault !== undefined && plantedFaults[fault] === undefined) {
  fail(`There is no planted fault ${fault}: ${Object.keys(plantedFaults).join(', ')}`)
}
const processes = Math.min(count, whole(values.processes ?? String(availableParallelism())))
if (processes > 1) await inProcesses()
else await here()

async function inProcesses(): Promise<void> {
  const startMs = performance.now()
  const codes = await Promise.all(Array.from({ length: processes }, (_, at) => child(at)))
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
  if (codes.every((code) => code === 0)) {
    console.log(`${count} seeds from ${first}: every invariant held (${seconds} s)`)
  } else process.exitCode = 1
}

function child(at: number): Promise<number> {
  const own = Math.floor((count - at - 1) / processes) + 1
  const options = [
    `--seed=${first + at}`,
    `--seeds=${own}`,
    `--step=${processes}`,
    '--processes=1',
    ...(fault === undefined ? [] : [`--fault=${fault}`]),
  ]
  const program = fileURLToPath(import.meta.url)
  const running = spawn(process.execPath, [program, ...options], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => running.kill())
  return new Promise((resolve) => running.on('close', (code) => resolve(code ?? 1)))
}

async function here(): Promise<void> {
  const seeds = Array.from({ length: count }, (_, at) => first + at * step)
  await runSeeds({
    seeds,
    fault,
    echo: trace ? (line) => console.log(line) : undefined,
    done(seed, result) {
      if (result.failure === undefined) {
        if (count === 1) console.log(`Seed ${seed} holds; trace ${result.traceHash}`)
        return true
      }
      tell(seed, result)
      process.exitCode = 1
      return false
    },
  })
}

function tell(
  seed: number,
  { failure, traceTail, traceHash, simulatedMs, step: at }: ScenarioResult,
): void {
  const planted = fault === undefined ? '' : ` --fault ${fault}`
  console.log(
    `Seed ${seed} fails at step ${at}, after ${simulatedMs.toFixed(3)} ms, trace ${traceHash}:`,
  )
  if (!trace) for (const line of traceTail) console.log(`  ${line}`)
  console.log(failure)
  console.log(`Replay it with: npm run sim -- --seed ${seed}${planted} --trace`)
}

function whole(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) fail(`${text} is no whole number above 0`)
  return number
}

function fail(why: string): never {
  console.error(why)
  process.exit(2)
}
