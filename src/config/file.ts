/** Reads a TOML file against the schema: unknown keys and impossible values become problems. */
import { parse, TomlError } from 'smol-toml'
import type { Given, ListRows, NamedText } from './given.ts'
import { KeyLines } from './key-lines.ts'
import type { Problem } from './problem.ts'
import { nearest, suggestion, wrongText } from './problem.ts'
import type { ListName } from './schema.ts'
import { lists, sections } from './schema.ts'
import type { Fields } from './setting.ts'
import { readValue } from './value.ts'

export interface FileValues {
  /** By key (`grid.nodes`). */
  readonly values: ReadonlyMap<string, Given>
  readonly lists: ListRows
}

type Table = Record<string, unknown>

export function readFile(file: NamedText | undefined, problems: Problem[]): FileValues {
  const empty: FileValues = {
    values: new Map(),
    lists: { 'coordinator.nodes': [], 'coordinator.users': [] },
  }
  if (file === undefined) return empty
  try {
    const table = parse(file.text) as Table
    return new FileReader(file, problems).read(table)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [first = ''] = error.message.replace('Invalid TOML document: ', '').split('\n')
    problems.push({ source: file.name, line: error.line, message: `this is not TOML: ${first}` })
    return empty
  }
}

function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  )
}

class FileReader {
  readonly #name: string
  readonly #places: KeyLines
  readonly #problems: Problem[]

  constructor(file: NamedText, problems: Problem[]) {
    this.#name = file.name
    this.#places = new KeyLines(file.text)
    this.#problems = problems
  }

  read(table: Table): FileValues {
    const values = new Map<string, Given>()
    const rows: Record<ListName, ReadonlyMap<string, Given>[]> = {
      'coordinator.nodes': [],
      'coordinator.users': [],
    }
    for (const [section, content] of Object.entries(table)) {
      const fields = Object.hasOwn(sections, section)
        ? (sections[section as keyof typeof sections] as Fields)
        : undefined
      if (fields === undefined) this.#unknown(section, Object.keys(sections))
      else if (!isTable(content)) this.#wrong(section, `must be a table: write [${section}]`)
      else this.#section(section, { content, fields, values, rows })
    }
    return { values, lists: rows }
  }

  #section(
    section: string,
    into: {
      content: Table
      fields: Fields
      values: Map<string, Given>
      rows: Record<ListName, ReadonlyMap<string, Given>[]>
    },
  ): void {
    for (const [name, raw] of Object.entries(into.content)) {
      const key = `${section}.${name}`
      if (Object.hasOwn(lists, key)) into.rows[key as ListName] = this.#list(key as ListName, raw)
      else if (Object.hasOwn(into.fields, name)) {
        const given = this.#value(key, { fields: into.fields, name, raw })
        if (given !== undefined) into.values.set(key, given)
      } else this.#unknown(key, this.#namesIn(section, into.fields))
    }
  }

  #namesIn(section: string, fields: Fields): string[] {
    const inside = Object.keys(lists).filter((list) => list.startsWith(`${section}.`))
    return [...Object.keys(fields).map((name) => `${section}.${name}`), ...inside]
  }

  #list(list: ListName, raw: unknown): ReadonlyMap<string, Given>[] {
    if (!Array.isArray(raw) || !raw.every(isTable)) {
      this.#wrong(list, `must be a list of tables: write [[${list}]] before each`)
      return []
    }
    return raw.map((row, at) => this.#row(`${list}[${at}]`, { row, fields: lists[list] }))
  }

  #row(place: string, { row, fields }: { row: Table; fields: Fields }): Map<string, Given> {
    const values = new Map<string, Given>()
    for (const [name, raw] of Object.entries(row)) {
      const key = `${place}.${name}`
      if (!Object.hasOwn(fields, name)) {
        this.#unknown(
          key,
          Object.keys(fields).map((known) => `${place}.${known}`),
        )
        continue
      }
      const given = this.#value(key, { fields, name, raw })
      if (given !== undefined) values.set(name, given)
    }
    for (const [name, setting] of Object.entries(fields)) {
      const key = `${place}.${name}`
      if (setting.required && !Object.hasOwn(row, name))
        this.#wrong(key, `is missing: ${setting.doc}`)
    }
    return values
  }

  #value(
    key: string,
    { fields, name, raw }: { fields: Fields; name: string; raw: unknown },
  ): Given | undefined {
    const read = readValue(fields[name]!.type, raw)
    if (read.kind === 'wrong') {
      this.#wrong(key, wrongText(raw, read.wanted))
      return undefined
    }
    const line = this.#places.lineOf(key)
    return { value: read.value, origin: 'file', where: `${this.#name}:${line}` }
  }

  #unknown(key: string, known: readonly string[]): void {
    if (key.endsWith('.password')) {
      this.#wrong(key, 'is no setting: passwords never stand here')
      return
    }
    const near = nearest(key, known)
    const others = known.map((name) => name.slice(name.lastIndexOf('.') + 1)).join(', ')
    const what = near === undefined ? `: there are ${others}` : suggestion(near)
    this.#wrong(key, `is no setting${what}`)
  }

  #wrong(key: string, message: string): void {
    const line = this.#places.lineOf(key)
    this.#problems.push({
      source: this.#name,
      ...(line === undefined ? {} : { line }),
      key,
      message,
    })
  }
}
