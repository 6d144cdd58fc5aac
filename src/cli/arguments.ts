/** Arguments as bytes, whatever the runtime made of them. */
import { equalBytes, isUtf8, utf8, utf8ToText } from '../base/bytes.ts'
import type { Argument } from './command.ts'

export function argument(text: string): Argument {
  return { text, bytes: utf8(text) }
}

/** What follows the first `count` characters, which must be ASCII. */
export function withoutStart(given: Argument, count: number): Argument {
  return { text: given.text.slice(count), bytes: given.bytes.subarray(count) }
}

/**
 * The arguments `texts` with their bytes, taken from the end of `commandLine` (each argument ended by a zero
 * byte, the runtime's own arguments first), where a text has lost what was not UTF-8. Texts are believed
 * where the command line does not fit them.
 */
export function argumentsOf(
  texts: readonly string[],
  commandLine: () => Uint8Array | undefined,
): Argument[] {
  if (!texts.some((text) => text.includes('\u{FFFD}'))) return texts.map(argument)
  const parts = partsOf(commandLine() ?? new Uint8Array())
  const own = parts.slice(Math.max(0, parts.length - texts.length))
  return texts.map((text, at) => {
    const bytes = own[at]
    return bytes !== undefined && own.length === texts.length && sameText(bytes, text)
      ? { text, bytes }
      : argument(text)
  })
}

function sameText(bytes: Uint8Array, text: string): boolean {
  return isUtf8(bytes) ? equalBytes(bytes, utf8(text)) : utf8ToText(bytes) === text
}

function partsOf(commandLine: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  for (let end = commandLine.indexOf(0); end >= 0; end = commandLine.indexOf(0, start)) {
    parts.push(commandLine.subarray(start, end))
    start = end + 1
  }
  return parts
}
