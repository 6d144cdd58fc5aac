/** What is said of worlds that ran. */
import type { SeedReport, WorldsResult } from './worlds.ts'

export interface Ran {
  readonly first: number
  readonly count: number
  readonly fault: string | undefined
  readonly seconds: number
}

const numberWidth = 9

/** What happened in them, then whether all held, or each that did not. */
export function summaryText(result: WorldsResult, { first, count, fault, seconds }: Ran): string {
  const time = `${seconds.toFixed(0)} s`
  if (result.failed > 0) {
    const told = result.failures.map((failure) => failureText(failure, fault))
    return [...told, `${result.failed} of ${result.done} worlds failed (${time})`].join('\n')
  }
  if (result.done === 1) return `Seed ${first} holds`
  const far = result.done < count ? `, stopped after ${time}` : ` (${time})`
  const held = `${result.done} of ${count} worlds from seed ${first}: every invariant held${far}`
  return [countsText(result), held].join('\n')
}

/** How often each of it took effect, and in how many worlds. */
function countsText({ counts, worldsWith }: WorldsResult): string {
  const head = [`${'times'.padStart(numberWidth)}${'worlds'.padStart(numberWidth)}`]
  const lines = Object.entries(counts).map(([what, times]) => {
    const numbers = [times, worldsWith[what] ?? 0].map((each) => String(each).padStart(numberWidth))
    return `${numbers.join('')}  ${what}`
  })
  return [...head, ...lines].join('\n')
}

export function failureText(report: SeedReport, fault: string | undefined): string {
  const { seed, failure = '', traceTail, traceHash, simulatedMs, step } = report
  return [
    `Seed ${seed} fails at step ${step}, after ${simulatedMs.toFixed(3)} ms, trace ${traceHash}:`,
    ...traceTail.map((line) => `  ${line}`),
    failure,
    `Replay it with: ${replayCommand(seed, fault)}`,
  ].join('\n')
}

export function replayCommand(seed: number, fault: string | undefined): string {
  return `npm run sim -- --seed ${seed}${fault === undefined ? '' : ` --fault ${fault}`} --trace`
}
