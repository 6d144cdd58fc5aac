/** Brings a database to the newest schema, forward only, each step in a transaction of its own. */
import type { Compilable } from 'kysely'
import { HoldfastError } from '../../../base/errors.ts'
import { schema1, type SchemaDialect } from './schema-1.ts'
import { schema2 } from './schema-2.ts'
import { schema3 } from './schema-3.ts'
import { statement, type Builder, type Compiler, type Value } from './statement.ts'

/** In order, the first makes schema 1. A released step never changes. */
const steps: readonly ((builder: Builder, dialect: SchemaDialect) => Compilable[])[] = [
  schema1,
  schema2,
  schema3,
]

export const schemaNewest = steps.length

export interface MigrationParts {
  readonly compiler: Compiler
  readonly dialect: SchemaDialect
  readonly nowMs: number
  readonly run: (sql: string, values?: readonly Value[]) => Promise<unknown[]>
  /** What begins a transaction that no other writer can be in. */
  readonly begin: string
  readonly hasTable: (name: string) => Promise<boolean>
}

const recordStep = statement((builder, args: { number: number; nowMs: number }) =>
  builder.insertInto('schema_steps').values({ number: args.number, applied_ms: args.nowMs }),
)

const newestStep = statement((builder) =>
  builder.selectFrom('schema_steps').select((each) => each.fn.max('number').as('number')),
)

/** Throws HOME_TOO_NEW when a newer program made the database. */
export async function migrate(parts: MigrationParts): Promise<void> {
  for (;;) {
    await parts.run(parts.begin)
    try {
      const done = await oneStep(parts)
      await parts.run('commit')
      if (done) return
    } catch (error) {
      await parts.run('rollback')
      throw error
    }
  }
}

async function oneStep(parts: MigrationParts): Promise<boolean> {
  const { compiler, dialect, nowMs, run } = parts
  if (!(await parts.hasTable('schema_steps'))) await run(firstTable(compiler.builder))
  const [newest] = (await run(compiler.compiled(newestStep, 1).sql)) as { number: number | null }[]
  const number = newest?.number ?? 0
  if (number > schemaNewest) {
    throw new HoldfastError(
      'HOME_TOO_NEW',
      `Cannot open the catalogue: its schema is ${number}, this program knows ${schemaNewest}`,
    )
  }
  const step = steps[number]
  if (step === undefined) return true
  for (const each of step(compiler.builder, dialect)) await run(each.compile().sql)
  await run(compiler.compiled(recordStep, 1).sql, [number + 1, nowMs])
  return false
}

function firstTable(builder: Builder): string {
  return builder.schema
    .createTable('schema_steps')
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('applied_ms', 'bigint', (column) => column.notNull())
    .compile().sql
}
