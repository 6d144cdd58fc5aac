/** Names as text, quoted as `ls --quoting-style=shell-escape` does: what is printed can be pasted in a shell. */
import { utf8 } from '../base/bytes.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const special = /[ !"$&'()*;<=>?[\\^`|]|^[#~]|^[{}]$/
const unfitForDoubleQuotes = /[!"$&()*;<=>?[\\^`|{}]|(?<!^)[#~]/
/** Besides what cannot be printed: what would change the look of other text. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u
const escapes: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
}

export function quoteName(name: Uint8Array): string {
  const pieces = piecesOf(name)
  if (pieces.length === 0) return "''"
  const plain = pieces.every(({ kind }) => kind === 'printable')
  const text = pieces.map((piece) => piece.text).join('')
  if (plain && !special.test(text)) return text
  if (plain && text.includes("'") && !unfitForDoubleQuotes.test(text)) return `"${text}"`
  return quoted(pieces)
}

interface Piece {
  readonly kind: 'printable' | 'escaped'
  readonly text: string
}

function quoted(pieces: readonly Piece[]): string {
  let line = "'"
  let escaping = false
  for (const { kind, text } of pieces) {
    if (kind === 'escaped') {
      line += escaping ? text : `'$'${text}`
      escaping = true
    } else {
      if (escaping && !text.startsWith("'")) line += "''"
      line += text.replaceAll("'", "'\\''")
      escaping = false
    }
  }
  return `${line}'`
}

/** One for each character, or for each byte that belongs to none. */
function piecesOf(name: Uint8Array): Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at < name.length;) {
    const character = characterAt(name, at)
    if (character === undefined) {
      pieces.push(escapedByte(name[at]!))
      at += 1
      continue
    }
    const bytes = utf8(character)
    if (unprintable.test(character)) for (const byte of bytes) pieces.push(escapedByte(byte))
    else pieces.push({ kind: 'printable', text: character })
    at += bytes.length
  }
  return pieces
}

function escapedByte(byte: number): Piece {
  return {
    kind: 'escaped',
    text: escapes[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`,
  }
}

/** The character whose encoding starts at `at`; undefined when none does. */
function characterAt(name: Uint8Array, at: number): string | undefined {
  const first = name[at]!
  if (first < 0x80) return String.fromCharCode(first)
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  try {
    return strict.decode(name.subarray(at, at + length))
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
