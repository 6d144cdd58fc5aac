/** What a command is, before any of its code is loaded: the table of `commands.ts` holds these. */

/** An argument as it came: names are bytes, and text is only their reading as UTF-8. */
export interface Argument {
  readonly text: string
  readonly bytes: Uint8Array
}

export interface OptionSpec {
  /** Long name, without dashes. */
  readonly name: string
  /** One letter, without dash. */
  readonly short?: string
  /** What stands for the value in the help; a flag without it takes none. */
  readonly value?: string
  readonly doc: string
}

export interface CommandSpec {
  /** `['vault', 'create']`. */
  readonly words: readonly string[]
  /** Other first words for the same command. */
  readonly aliases?: readonly string[]
  readonly summary: string
  /** As the help shows them: `SRC… DEST`. */
  readonly operands?: string
  readonly operandsMin: number
  /** Absent: any number. */
  readonly operandsMax?: number
  readonly options: readonly OptionSpec[]
  /** Command lines, without the program's name, with what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[]
  /** More paragraphs for the help. */
  readonly notes?: readonly string[]
  /** Data itself may go to standard output, so that the JSON document goes to standard error. */
  readonly dataOnStandardOutput?: (invocation: Invocation) => boolean
}

/** A command line that was understood. */
export interface Invocation {
  readonly command: CommandSpec
  readonly operands: readonly Argument[]
  /** By long name. Flags hold `undefined` as value: ask with `has`. */
  readonly options: ReadonlyMap<string, Argument | undefined>
  readonly global: GlobalOptions
}

export interface GlobalOptions {
  readonly home?: Argument
  readonly config?: Argument
  readonly json: boolean
  readonly quiet: boolean
  readonly progress: boolean
  /** Account name. */
  readonly as?: string
}
