import { errorToJson } from '../../base/errors.ts'
import { wantsJson } from '../command-line.ts'
import type { Argument } from '../command.ts'
import { exitCodeOf } from '../exit-code.ts'
import { errorText } from '../output.ts'
import { plainJson, plainLines } from '../text/plain.ts'

/** What nobody caught ends the process: said in the form that was asked for, with the place it came from. */
export function sayLastWords(line: readonly Argument[]): void {
  process.on('uncaughtException', (error: unknown) => {
    const json = errorToJson(error)
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const text = wantsJson(line)
      ? `${plainJson({ error: json })}\n${plainJson({ stack })}`
      : plainLines(`${errorText(json)}\n${stack}`)
    process.stderr.write(`${text}\n`)
    process.exit(Math.max(1, exitCodeOf(error)))
  })
}
