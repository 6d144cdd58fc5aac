import { readFileSync } from 'node:fs'
import { argumentsOf } from '../arguments.ts'
import type { Argument } from '../command.ts'

/** The arguments of this process as bytes, where the system shows them (Linux). */
export function rawArguments(): Argument[] {
  return argumentsOf(process.argv.slice(2), commandLine)
}

function commandLine(): Uint8Array | undefined {
  try {
    return readFileSync('/proc/self/cmdline')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    return undefined
  }
}
