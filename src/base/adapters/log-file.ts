import { appendFileSync, renameSync, statSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { LogFields, Logger } from '../logger.ts'

const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LogFileOptions {
  readonly path: string
  /** Less important events are left out. */
  readonly level: LogLevel
  /** A file that would grow over this becomes `PATH.1`, in the place of the one before. */
  readonly bytesMax: number
  readonly clock: Clock
}

/**
 * One JSON line for each event, in a file that only its owner may read. Written at once, so that the last
 * words of a process that dies are there. A log that cannot be written (a full disk) stops nothing.
 */
export function openLogFile(options: LogFileOptions): Logger {
  const file = new LogFile(options)
  const least = logLevels.indexOf(options.level)
  const writer =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(level) >= least) file.write({ level, event, ...fields })
    }
  return Object.freeze({
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  })
}

class LogFile {
  readonly #options: LogFileOptions
  #bytes: number

  constructor(options: LogFileOptions) {
    this.#options = options
    this.#bytes = statSync(options.path, { throwIfNoEntry: false })?.size ?? 0
  }

  write(fields: LogFields): void {
    const { path, bytesMax, clock } = this.#options
    const time = new Date(clock.nowMs()).toISOString()
    const line = Buffer.from(`${JSON.stringify({ time, ...fields }, plain)}\n`)
    try {
      if (this.#bytes + line.length > bytesMax) {
        renameSync(path, `${path}.1`)
        this.#bytes = 0
      }
      appendFileSync(path, line, { mode: 0o600 })
      this.#bytes += line.length
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
    }
  }
}

/** Errors and large numbers as JSON can hold them. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error)
    return { name: value.name, message: value.message, stack: value.stack }
  return typeof value === 'bigint' ? value.toString() : value
}
