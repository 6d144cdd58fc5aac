/**
 * Statements are built and compiled once, with marks in place of arguments, and run many times with
 * arguments by position: building a query costs more than running it.
 */
import type { Compilable, Kysely } from 'kysely'
import { assert } from '../../../base/assert.ts'
import type { Blob } from '../../ids.ts'
import type { Tables } from './tables.ts'

/** Without a connection: it only builds. */
export type Builder = Kysely<Tables>
export type Value = Blob | string | number | null

/** Stands for an argument while a statement is built. `row` counts list items and inserted rows. */
export class Mark {
  readonly name: string
  readonly row: number

  constructor(name: string, row: number) {
    this.name = name
    this.row = row
  }
}

/** One statement with named arguments. */
export interface Statement<Args, Row> {
  readonly kind: 'statement'
  readonly build: (builder: Builder, args: Args) => Compilable<Row>
}

/** A statement with `list`, a list of values of any length: run in slices. */
export interface ListStatement<Args, Item, Row> {
  readonly kind: 'list'
  readonly build: (builder: Builder, args: Args, list: Item[]) => Compilable<Row>
}

/** A statement that inserts rows: run in slices. */
export interface RowsStatement<Input, Row> {
  readonly kind: 'rows'
  readonly columns: readonly (keyof Input & string)[]
  readonly build: (builder: Builder, rows: Input[]) => Compilable<Row>
}

export type AnyStatement =
  | Statement<never, unknown>
  | ListStatement<never, never, unknown>
  | RowsStatement<never, unknown>

export function statement<Args = object, Row = unknown>(
  build: (builder: Builder, args: Args) => Compilable<Row>,
): Statement<Args, Row> {
  return Object.freeze({ kind: 'statement', build })
}

export function listStatement<Args, Item, Row>(
  build: (builder: Builder, args: Args, list: Item[]) => Compilable<Row>,
): ListStatement<Args, Item, Row> {
  return Object.freeze({ kind: 'list', build })
}

export function rowsStatement<Input, Row>(
  columns: readonly (keyof Input & string)[],
  build: (builder: Builder, rows: Input[]) => Compilable<Row>,
): RowsStatement<Input, Row> {
  return Object.freeze({ kind: 'rows', columns, build })
}

/** SQL text and, for each of its parameters, the mark or the constant. */
export interface Compiled {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** Compiles each statement once for each number of rows. Of one dialect. */
export class Compiler {
  readonly #builder: Builder
  readonly #compiled = new Map<AnyStatement, Map<number, Compiled>>()

  /** Rows that one insert may have, falling, down to 1. */
  readonly insertSizes: readonly number[]

  constructor(builder: Builder, options: { readonly insertSizes: readonly number[] }) {
    this.#builder = builder
    this.insertSizes = options.insertSizes
  }

  get builder(): Builder {
    return this.#builder
  }

  /** `rows`: items of the list or rows to insert; 1 for a plain statement. */
  compiled(source: AnyStatement, rows: number): Compiled {
    let bySize = this.#compiled.get(source)
    if (bySize === undefined) this.#compiled.set(source, (bySize = new Map()))
    let compiled = bySize.get(rows)
    if (compiled === undefined) bySize.set(rows, (compiled = this.#compile(source, rows)))
    return compiled
  }

  #compile(source: AnyStatement, rows: number): Compiled {
    const { sql, parameters } = this.#build(source, rows).compile()
    return Object.freeze({ sql, parameters })
  }

  #build(source: AnyStatement, rows: number): Compilable {
    const numbers = Array.from({ length: rows }, (_, row) => row)
    if (source.kind === 'statement') return source.build(this.#builder, anyMark() as never)
    if (source.kind === 'rows') {
      const marked = numbers.map((row) =>
        Object.fromEntries(source.columns.map((column) => [column, new Mark(column, row)])),
      )
      return source.build(this.#builder, marked as never)
    }
    const list = numbers.map((row) => new Mark('', row))
    return source.build(this.#builder, anyMark() as never, list as never)
  }
}

/** Gives a mark for whatever name is asked of it. */
function anyMark(): unknown {
  return new Proxy(
    {},
    { get: (_, name) => (typeof name === 'string' ? new Mark(name, -1) : undefined) },
  )
}

/** Values in the order of the compiled statement's parameters. Undefined becomes null. */
export function bind(
  compiled: Compiled,
  args: Readonly<Record<string, unknown>>,
  rows: readonly unknown[] = [],
): Value[] {
  const values: Value[] = []
  for (const parameter of compiled.parameters) {
    if (!(parameter instanceof Mark)) values.push((parameter ?? null) as Value)
    else values.push((valueOf(parameter, args, rows) ?? null) as Value)
  }
  return values
}

function valueOf(
  mark: Mark,
  args: Readonly<Record<string, unknown>>,
  rows: readonly unknown[],
): unknown {
  if (mark.row < 0) {
    assert(mark.name in args, `no argument "${mark.name}"`)
    return args[mark.name]
  }
  const row = rows[mark.row]
  return mark.name === '' ? row : (row as Record<string, unknown>)[mark.name]
}
