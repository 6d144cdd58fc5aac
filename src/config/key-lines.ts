/**
 * Where in a TOML text each key stands, for messages. The text has been parsed already, so that only what is
 * valid need be understood. Keys inside inline tables and arrays are not listed: ask for the key before them.
 */
export class KeyLines {
  readonly #lines = new Map<string, number>()
  readonly #counts = new Map<string, number>()

  constructor(text: string) {
    let prefix = ''
    const cursor = new Cursor(text)
    while (!cursor.atEnd) {
      const { line } = cursor
      const statement = cursor.statement()
      const header = /^\[(\[?)\s*([^\]]+?)\s*\]/.exec(statement)
      if (header !== null) prefix = this.#header(plainKey(header[2]!), header[1] !== '', line)
      else if (statement !== '') this.#add(joined(prefix, plainKey(keyOf(statement))), line)
    }
  }

  /** Line of `key` (`node.listen`, `coordinator.nodes[1].name`), or of the nearest that holds it. */
  lineOf(key: string): number | undefined {
    for (let shorter = key; shorter !== ''; shorter = parentOf(shorter)) {
      const line = this.#lines.get(shorter)
      if (line !== undefined) return line
    }
    return undefined
  }

  #header(key: string, repeated: boolean, line: number): string {
    if (!repeated) {
      this.#add(key, line)
      return key
    }
    const count = this.#counts.get(key) ?? 0
    this.#counts.set(key, count + 1)
    this.#add(key, line)
    this.#add(`${key}[${count}]`, line)
    return `${key}[${count}]`
  }

  #add(key: string, line: number): void {
    if (!this.#lines.has(key)) this.#lines.set(key, line)
  }
}

function joined(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`
}

function parentOf(key: string): string {
  if (key.endsWith(']')) return key.slice(0, key.lastIndexOf('['))
  return key.slice(0, Math.max(0, key.lastIndexOf('.')))
}

/** What stands before the `=` outside of quotes. */
function keyOf(statement: string): string {
  return /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^="'])*/.exec(statement)![0]
}

/** `a . "b"` as `a.b`. */
function plainKey(key: string): string {
  const parts = key.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^.\s"']+/g) ?? []
  return parts.map((part) => part.replace(/^(["'])(.*)\1$/, '$2')).join('.')
}

/** Goes from statement to statement: over strings, comments, and values that span lines. */
class Cursor {
  readonly #text: string
  #at = 0
  line = 1

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** Up to the end of its last line; without comments around it. */
  statement(): string {
    const start = this.#at
    let depth = 0
    while (!this.atEnd) {
      const character = this.#text[this.#at]!
      if (character === '\n' && depth === 0) break
      if (character === '#') this.#skipComment()
      else if (character === '"' || character === "'") this.#skipString(character)
      else {
        if (character === '[' || character === '{') depth += 1
        if (character === ']' || character === '}') depth -= 1
        this.#step(1)
      }
    }
    const statement = this.#text.slice(start, this.#at).trim()
    this.#step(1)
    return statement.startsWith('#') ? '' : statement
  }

  #step(count: number): void {
    const end = this.#at + count
    for (; this.#at < end; this.#at += 1) if (this.#text[this.#at] === '\n') this.line += 1
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end
  }

  #skipString(quote: string): void {
    const long = this.#text.startsWith(quote.repeat(3), this.#at)
    const mark = long ? quote.repeat(3) : quote
    this.#step(mark.length)
    while (!this.atEnd && !this.#text.startsWith(mark, this.#at)) {
      this.#step(quote === '"' && this.#text[this.#at] === '\\' ? 2 : 1)
    }
    this.#step(mark.length)
  }
}
