/** `world-process.ts FIRST COUNT STEP [FAULT]`: so many worlds, one line of JSON for each. */
import { runSeeds } from './scenario/run-seeds.ts'
import type { SeedReport } from './worlds.ts'

const [first, count, step] = process.argv.slice(2, 5).map(Number) as [number, number, number]
const fault = process.argv[5]

// Nobody reads them here, and to take them is dear: a replay has them
Error.stackTraceLimit = 0

await runSeeds({
  seeds: Array.from({ length: count }, (_, at) => first + at * step),
  fault,
  done(seed, result) {
    const report: SeedReport = { seed, ...result }
    process.stdout.write(`${JSON.stringify(report)}\n`)
    return true
  },
})
