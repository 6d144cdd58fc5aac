import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { Compiler } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** Compiles for SQLite. May be shared by all databases of a process: it keeps only SQL text. */
export function createSqliteCompiler(): Compiler {
  const builder = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (database) => new SqliteIntrospector(database),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
  // A statement of one row and without RETURNING needs no journal of its own: many of them are faster.
  return new Compiler(builder, { insertSizes: [1] })
}
