/** What is wrong with a configuration: all of it at once, each with its place and what would be right. */
import { HoldfastError } from '../base/errors.ts'

export interface Problem {
  /** File, environment variable or flag. */
  readonly source: string
  readonly line?: number
  readonly key?: string
  readonly message: string
}

function problemText({ source, line, key, message }: Problem): string {
  const place = line === undefined ? source : `${source}:${line}`
  if (key !== undefined) return `${place}: ${key} ${message}`
  return message.startsWith('is ') ? `${place} ${message}` : `${place}: ${message}`
}

/** Throws BAD_CONFIG with every problem, when there are any. */
export function refuseProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const texts = problems.map(problemText)
  const message =
    texts.length === 1
      ? `The configuration is wrong: ${texts[0]}`
      : `The configuration is wrong in ${texts.length} places:\n${texts.map((text) => `  ${text}`).join('\n')}`
  const hint = hintFor(problems)
  throw new HoldfastError('BAD_CONFIG', message, { details: { problems }, ...(hint && { hint }) })
}

/** Undefined where a file is to be corrected. */
function hintFor(problems: readonly Problem[]): string | undefined {
  if (problems.every(({ source }) => source.startsWith('--'))) return 'Correct the named option'
  const isVariable = ({ source }: Problem): boolean => source.startsWith('HOLDFAST_')
  return problems.every(isVariable) ? 'Correct or unset the named variable' : undefined
}

/** To follow a key or a variable. */
export function wrongText(given: unknown, wanted: string): string {
  return `is ${JSON.stringify(given)}: must be ${wanted}`
}

export function suggestion(near: string | undefined): string {
  return near === undefined ? '' : `: did you mean ${near}?`
}

/** The word of `known` that `word` was most likely meant to be. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({
      candidate,
      steps: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ candidate, steps }) => steps <= Math.max(1, Math.floor(candidate.length / 3)))
    .toSorted((left, right) => left.steps - right.steps)
  return ranked[0]?.candidate
}

/** How many letters must be changed, put in, left out or swapped with their neighbour. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const steps = [row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same]
      next.push(Math.min(...steps, swapped ? before[j - 2]! + 1 : Infinity))
    }
    before = row
    row = next
  }
  return row[to.length]!
}
