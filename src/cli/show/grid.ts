/** What `up` says. */
import { utf8 } from '../../base/bytes.ts'
import { quoteName } from '../quote.ts'
import type { SupervisorEvent } from '../supervisor/process.ts'
import type { Serving } from '../supervisor/supervisor.ts'
import { durationText } from '../text/amount.ts'
import { tableLines } from '../text/table.ts'

export interface Ready {
  readonly serving: readonly Serving[]
  /** Undefined when nobody is logged in. */
  readonly account: string | undefined
  /** As it was typed. */
  readonly program: string
  /** When the home was named, by flag or variable: another terminal may not have that. */
  readonly homeFlag: string | undefined
}

/** What runs, and three commands to try next. */
export function readyText({ serving, account, program, homeFlag }: Ready): string {
  const home = homeFlag === undefined ? '' : ` --home ${quoteName(utf8(homeFlag))}`
  const rows = serving.map(({ name, address, pid }) => [`  ${name}`, address, `pid ${pid}`])
  return [
    'The grid is ready:',
    ...tableLines(rows),
    '',
    account === undefined
      ? 'Nobody is logged in. Try next, in another terminal, after holdfast login NAME:'
      : `Account "${account}" is logged in. Try next, in another terminal:`,
    `  ${program}${home} put README.md home:/`,
    `  ${program}${home} ls -l home:/`,
    `  ${program}${home} status`,
    '',
    'Ctrl-C stops all of it.',
  ].join('\n')
}

export function diedText(event: Extract<SupervisorEvent, { event: 'died' }>): string {
  const { name, code, signal, error, restartMs } = event
  const how = signal ?? (code === undefined ? 'it cannot start' : `exit code ${code}`)
  const why = error === undefined ? how : `${how}: ${error.message}`
  const hint = error?.hint === undefined ? '' : `. ${error.hint}`
  return restartMs === undefined
    ? `${name} died (${why}) and stays dead${hint}`
    : `${name} died (${why}); starting it again in ${durationText(restartMs / 1000)}${hint}`
}
