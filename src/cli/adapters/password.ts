import { readFileSync } from 'node:fs'
import { isUtf8, utf8, utf8ToText } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Context } from '../main.ts'
import { askSecret } from './prompt.ts'
import { systemReason } from './system-reason.ts'

/**
 * The password from `--password-file`, else from HOLDFAST_PASSWORD, else from a prompt, where a new one is
 * asked for twice. Throws BAD_USAGE, NOT_FOUND, UNREADABLE, INTERRUPTED.
 */
export async function passwordFor(
  context: Context,
  purpose: 'signup' | 'login',
): Promise<Uint8Array> {
  const file = context.invocation.options.get('password-file')
  if (file !== undefined) return checked(firstLineOf(file.bytes))
  const variable = context.environment['HOLDFAST_PASSWORD']
  if (variable !== undefined) return checked(utf8(variable))
  const first = await askSecret('Password: ', context.signal)
  if (purpose === 'signup') {
    const second = await askSecret('The same again: ', context.signal)
    if (second !== first) {
      throw new HoldfastError('BAD_USAGE', 'The two passwords differ', {
        hint: 'Run the command again, and type the same password twice',
      })
    }
  }
  return checked(utf8(first))
}

function checked(password: Uint8Array): Uint8Array {
  if (password.length > 0 && password.length <= limits.passwordBytesMax) return password
  throw new HoldfastError(
    'BAD_USAGE',
    `The password has ${password.length} bytes: it must have 1 to ${limits.passwordBytesMax}`,
    { hint: 'Choose another password; --password-file takes the first line of its file' },
  )
}

function firstLineOf(path: Uint8Array): Uint8Array {
  const name = isUtf8(path) ? utf8ToText(path) : 'the password file'
  try {
    const bytes = readFileSync(Buffer.from(path))
    const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d)
    return new Uint8Array(end < 0 ? bytes : bytes.subarray(0, end))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const kind = code === 'ENOENT' ? 'NOT_FOUND' : 'UNREADABLE'
    const reason = systemReason(error as NodeJS.ErrnoException)
    throw new HoldfastError(kind, `Cannot read the password from ${name}: ${reason}`, {
      cause: error,
      hint: 'Check the path after --password-file',
    })
  }
}
