import type { CatalogueParts } from '../../parts.ts'
import { foundGrid } from '../sql/grid.ts'
import { migrate } from '../sql/migrate.ts'
import type { SchemaDialect } from '../sql/schema-1.ts'
import { SqlCatalogue } from '../sql/sql-catalogue.ts'
import { createSqliteCompiler } from './compiler.ts'
import type { SqliteDatabase } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { sql } from 'kysely'

const sqliteDialect: SchemaDialect = {
  key: (table) =>
    table.addColumn('key', 'integer', (column) => column.primaryKey().autoIncrement()),
  givenKey: (table) => table.addColumn('key', 'integer', (column) => column.primaryKey()),
  bytes: 'blob',
  inKeyOrder: (table) => table.modifyEnd(sql`without rowid`),
}

/** Only text: shared by all databases of a process, so that a new one costs no compiling. */
const compiler = createSqliteCompiler()

/** Brings the schema up to date and begins to serve. Throws HOME_TOO_NEW, CORRUPT. */
export async function openCatalogue(
  database: SqliteDatabase,
  parts: CatalogueParts,
  arrivals?: () => void,
): Promise<{ catalogue: SqlCatalogue; engine: GroupCommit }> {
  await migrate({
    compiler,
    dialect: sqliteDialect,
    nowMs: parts.clock.nowMs(),
    run: (text, values) => Promise.resolve(database.run(text, values)),
    begin: 'begin immediate',
    hasTable: (name) => Promise.resolve(hasTable(database, name)),
  })
  const { clock } = parts
  const engine = new GroupCommit({
    database,
    compiler,
    clock,
    ...(arrivals === undefined ? {} : { arrivals }),
  })
  const gridId = parts.random.bytes(16)
  await engine.write((transaction) => foundGrid(transaction, gridId))
  return { catalogue: new SqlCatalogue(engine, parts), engine }
}

function hasTable(database: SqliteDatabase, name: string): boolean {
  const text = "select 1 as found from sqlite_master where type = 'table' and name = ?"
  return database.run(text, [name]).length > 0
}
