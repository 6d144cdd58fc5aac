import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { HoldfastError } from '../../base/errors.ts'

/** Asks on the terminal, without showing what is typed. Throws BAD_USAGE when there is no terminal. */
export async function askSecret(question: string, signal: AbortSignal): Promise<string> {
  if (!isatty(0)) {
    throw new HoldfastError('BAD_USAGE', 'A password is needed, and nobody can be asked', {
      hint: 'Give it with --password-file FILE or in HOLDFAST_PASSWORD',
    })
  }
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_block, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      reader.once('line', resolve)
      reader.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
      reader.once('close', () => reject(new HoldfastError('INTERRUPTED', 'Interrupted')))
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  } finally {
    reader.close()
    process.stderr.write('\n')
  }
}
