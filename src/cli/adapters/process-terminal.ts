import { isatty } from 'node:tty'
import type { Terminal } from '../output.ts'

/** Standard streams of this process. A reader that went away (EPIPE) is no failure. */
export function processTerminal(): Terminal {
  let outClosed = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    outClosed = true
  })
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    writeOut(text) {
      if (outClosed) return Promise.resolve()
      return new Promise((resolve) => process.stdout.write(text, () => resolve()))
    },
    writeError(text) {
      process.stderr.write(text)
    },
    get outClosed() {
      return outClosed
    },
    errorIsTerminal: isatty(2),
    inputIsTerminal: isatty(0),
    columns: process.stderr.columns ?? 80,
  }
}
