import { utf8 } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'

/**
 * What is wrong with a vault's name, for the end of a sentence; undefined when nothing is. At least two
 * characters, so that no drive letter is meant. The one rule for making vaults and for naming them.
 */
export function vaultNameComplaint(name: string): string | undefined {
  if (Array.from(name).length < 2) return 'it has less than two characters'
  const { length } = utf8(name)
  if (length > limits.vaultNameBytesMax) {
    return `it has ${length} bytes, ${limits.vaultNameBytesMax} are the most`
  }
  if (/[/:\\]/.test(name)) return 'it has a / or : or \\'
  if (/\s/u.test(name)) return 'it has a space'
  if (/\p{C}/u.test(name)) return 'it has a character that cannot be printed'
  return /^[-.~]/.test(name) ? `it begins with ${name[0]}` : undefined
}

export const vaultNameHint = `Use letters, digits, - and _: 2 characters at least, ${limits.vaultNameBytesMax} bytes at most`

/** BAD_NAME. */
export function checkVaultName(name: string): void {
  const why = vaultNameComplaint(name)
  if (why === undefined) return
  throw new HoldfastError('BAD_NAME', `Cannot name a vault ${JSON.stringify(name)}: ${why}`, {
    hint: vaultNameHint,
  })
}
