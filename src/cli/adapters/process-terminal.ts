import { isatty } from 'node:tty'
import { HoldfastError } from '../../base/errors.ts'
import type { Terminal } from '../output.ts'

/** Standard streams of this process. A reader that went away (EPIPE) is no failure. */
export function processTerminal(): Terminal {
  let outClosed = false
  let failure: HoldfastError | undefined
  const failed = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') outClosed = true
    // The stream is closed after its first failure: what comes later says less.
    else failure ??= writeFailure(error)
  }
  process.stdout.on('error', failed)
  // Nobody could be told of it.
  process.stderr.on('error', () => {})
  return {
    async writeOut(text) {
      if (!outClosed && !failure) await written(text).catch(failed)
      if (failure) throw failure
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

function written(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

const spaceCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** NO_SPACE, or INTERNAL with what the system said. */
export function writeFailure(cause: NodeJS.ErrnoException): HoldfastError {
  const { code = cause.message } = cause
  if (spaceCodes.has(code)) {
    const message = 'Cannot write to standard output: no space is left where it goes'
    return new HoldfastError('NO_SPACE', message, {
      cause,
      hint: 'Free some space there, or write it somewhere else',
    })
  }
  return new HoldfastError('INTERNAL', `Cannot write to standard output: ${code}`, {
    cause,
    hint: 'Check where standard output goes',
  })
}
