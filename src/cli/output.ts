/**
 * Where a command says things: data and documents on standard output, everything else on standard error;
 * with `--json` as documents, one JSON object on each line of standard error.
 */
import { utf8ToText } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { ErrorJson } from '../base/errors.ts'
import { HoldfastError, errorToJson } from '../base/errors.ts'
import type { ProgressState } from './progress.ts'
import { ProgressLine } from './progress.ts'
import { plainJson, plainLines } from './text/plain.ts'

/** The two streams. Writing to one that nobody reads any more is no failure: it is dropped. */
export interface Terminal {
  /** Resolves when the stream takes more. */
  writeOut(text: string | Uint8Array): Promise<void>
  writeError(text: string): void
  readonly outClosed: boolean
  readonly errorIsTerminal: boolean
  readonly inputIsTerminal: boolean
  /** Characters in a line. */
  readonly columns: number
}

export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly progress: boolean
  readonly dataOnStandardOutput: boolean
}

/** A list too long to be held as objects: its JSON text in pieces. */
export interface DocumentList {
  jsonText(): Iterable<Uint8Array>
}

/** What a command has to show when it ends. */
export interface Outcome {
  /** For `--json`; absent when the command printed events of its own. */
  readonly document?: unknown
  /** Stands in the document as its `files`. */
  readonly files?: DocumentList | undefined
  /** For people, without the newline. */
  readonly lines: readonly string[]
  /** What was done, in one line for people: on standard error, and silent when `--quiet`. */
  readonly summary?: string
  /** Said before the lines, on standard error. */
  readonly notes?: readonly string[]
  /** What went wrong, said like any error: `--quiet` does not silence it. */
  readonly errors?: readonly ErrorJson[]
  readonly exit: number
}

export class Output {
  readonly #terminal: Terminal
  readonly #options: OutputOptions
  readonly #progress: ProgressLine | undefined
  #hasGiven = false

  constructor(terminal: Terminal, options: OutputOptions & { readonly clock: Clock }) {
    this.#terminal = terminal
    this.#options = options
    if (options.progress && !options.json && terminal.errorIsTerminal) {
      this.#progress = new ProgressLine(options.clock, {
        columns: terminal.columns,
        write: (text) => terminal.writeError(text),
      })
    }
  }

  get json(): boolean {
    return this.#options.json
  }

  /** Raw bytes to standard output. */
  data(bytes: Uint8Array): Promise<void> {
    this.#hasGiven = true
    this.#progress?.clear()
    return this.#terminal.writeOut(bytes)
  }

  /** Whether there was raw data. */
  get hasGiven(): boolean {
    return this.#hasGiven
  }

  /** Whether nobody reads standard output any more. */
  get closed(): boolean {
    return this.#terminal.outClosed
  }

  progress(state: ProgressState): void {
    this.#progress?.show(state)
  }

  /** What is good to know; silent when `--quiet`. */
  note(text: string): void {
    if (!this.#options.quiet) this.#say(text, { note: text })
  }

  warn(text: string): void {
    this.#say(`warning: ${text}`, { warning: text })
  }

  /** One line of a program that goes on: JSON on standard output, text on standard error. */
  async event(event: object, text: string): Promise<void> {
    if (this.#options.json) await this.#terminal.writeOut(`${plainJson(event)}\n`)
    else if (!this.#options.quiet) this.#say(text, event)
  }

  async finish(outcome: Outcome): Promise<void> {
    this.#progress?.clear()
    for (const text of outcome.notes ?? []) this.note(text)
    for (const error of outcome.errors ?? []) this.#say(errorText(error), { error })
    const { summary } = outcome
    if (summary !== undefined && !this.#options.json) this.note(summary)
    if (!this.#options.json) await this.#print(outcome.lines)
    else if (outcome.document !== undefined) await this.#document(outcome)
  }

  error(error: unknown): void {
    const json = errorToJson(error)
    this.#say(errorText(json), { error: json })
    if (!(error instanceof HoldfastError)) this.#trace(error)
  }

  async #print(lines: readonly string[]): Promise<void> {
    const linesAtOnce = 1000
    for (let at = 0; at < lines.length; at += linesAtOnce) {
      const text = plainLines(lines.slice(at, at + linesAtOnce).join('\n'))
      if (this.#options.dataOnStandardOutput) this.#terminal.writeError(`${text}\n`)
      else await this.#terminal.writeOut(`${text}\n`)
    }
  }

  async #document({ document, files }: Outcome): Promise<void> {
    const text = plainJson(document)
    if (files === undefined) {
      await this.#documentText(`${text}\n`)
      return
    }
    await this.#documentText('{"files":')
    for (const piece of files.jsonText()) await this.#documentText(piece)
    await this.#documentText(`,${text.slice(1)}\n`)
  }

  async #documentText(text: string | Uint8Array): Promise<void> {
    if (!this.#options.dataOnStandardOutput) await this.#terminal.writeOut(text)
    else this.#terminal.writeError(typeof text === 'string' ? text : utf8ToText(text))
  }

  #trace(error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#say(stack, { stack })
  }

  #say(text: string, json: object): void {
    this.#progress?.clear()
    this.#terminal.writeError(`${this.#options.json ? plainJson(json) : plainLines(text)}\n`)
  }
}

/** Two sentences: what, and what to do. */
export function errorText({ message, hint }: ErrorJson): string {
  return `holdfast: ${ended(message)}\n${ended(hint)}`
}

function ended(text: string): string {
  return /[.!?\n]$/.test(text) ? text : `${text}.`
}
