/** One transaction, as the operations of the catalogue see it. */
import type { Blob } from '../../ids.ts'
import {
  bind,
  statement,
  type AnyStatement,
  type Compiled,
  type Compiler,
  type ListStatement,
  type RowsStatement,
  type Statement,
  type Value,
} from './statement.ts'

/** What an engine does for a transaction: runs SQL, gives rows. */
export interface Runner {
  run(sql: string, values: readonly Value[]): Promise<unknown[]>
}

/** Ends an operation with `answer`, and takes back all that it wrote. */
export class Refusal<Answer> {
  readonly answer: Answer

  constructor(answer: Answer) {
    this.answer = answer
  }
}

const listSizes = [256, 32, 4, 1]

const nextKey = statement((builder) =>
  builder.selectFrom('counters').select('next').where('name', '=', 'keys'),
)

const takeKeys = statement((builder, args: { count: number }) =>
  builder
    .updateTable('counters')
    .set((each) => ({ next: each('next', '+', args.count) }))
    .where('name', '=', 'keys'),
)

export class Transaction {
  readonly #compiler: Compiler
  readonly #runner: Runner
  /** The clock when the operation began. */
  readonly nowMs: number

  constructor(compiler: Compiler, runner: Runner, nowMs: number) {
    this.#compiler = compiler
    this.#runner = runner
    this.nowMs = nowMs
  }

  async all<Args, Row>(source: Statement<Args, Row>, args: Args): Promise<Row[]> {
    return this.#run(this.#compiled(source, 1), args as Record<string, unknown>)
  }

  /** The first row, if there is one. */
  async one<Args, Row>(source: Statement<Args, Row>, args: Args): Promise<Row | undefined> {
    const [row] = await this.all(source, args)
    return row
  }

  /**
   * Runs the statement for slices of `items` and gives all rows. An item may be asked for twice within a
   * slice (the last slice is filled up with its last item).
   */
  async list<Args, Item, Row>(
    source: ListStatement<Args, Item, Row>,
    args: Args,
    items: readonly Item[],
  ): Promise<Row[]> {
    const rows: Row[] = []
    for (let at = 0; at < items.length;) {
      const size = listSize(items.length - at)
      const slice = items.slice(at, at + size)
      while (slice.length < size) slice.push(slice.at(-1)!)
      const compiled = this.#compiled(source, size)
      const found = await this.#run<Row>(compiled, args as Record<string, unknown>, slice)
      for (const row of found) rows.push(row)
      at += size
    }
    return rows
  }

  /** The first of `count` consecutive keys that no row ever had. */
  async keys(count: number): Promise<number> {
    if (count === 0) return 0
    const row = await this.one(nextKey, {})
    await this.all(takeKeys, { count })
    return row!.next
  }

  /** Inserts the rows in order, in slices. */
  async insert<Input, Row>(
    source: RowsStatement<Input, Row>,
    inputs: readonly Input[],
  ): Promise<void> {
    for (let at = 0; at < inputs.length;) {
      const size = this.#compiler.insertSizes.find((each) => each <= inputs.length - at)!
      const compiled = this.#compiled(source, size)
      const slice = inputs.slice(at, at + size)
      await this.#run(compiled, {}, slice)
      at += size
    }
  }

  #compiled(source: unknown, rows: number): Compiled {
    return this.#compiler.compiled(source as AnyStatement, rows)
  }

  async #run<Row>(
    compiled: Compiled,
    args: Readonly<Record<string, unknown>>,
    rows: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.#runner.run(compiled.sql, bind(compiled, args, rows))) as Row[]
  }
}

/** The smallest size that takes all of `count`, or the largest there is. */
function listSize(count: number): number {
  let size = listSizes[0]!
  for (const each of listSizes) if (each >= count) size = each
  return size
}

/** Does operations in transactions; how they are grouped, retried and made durable is the engine's matter. */
export interface Engine {
  /** Sees everything that was acknowledged before it began; may not write. */
  read<Answer>(operation: Operation<Answer>): Promise<Answer>
  /** Durable when it resolves. A Refusal that is thrown inside becomes the answer. */
  write<Answer>(operation: Operation<Answer>): Promise<Answer>
  /** Waits for what is under way. */
  close(): Promise<void>
}

export type Operation<Answer> = (transaction: Transaction) => Promise<Answer>

export type { Blob }
