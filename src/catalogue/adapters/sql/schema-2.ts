/** Since when a node's store is the one it has: receipts given before are of another. Never changed. */
import type { Compilable } from 'kysely'
import type { SchemaDialect } from './schema-1.ts'
import type { Builder } from './statement.ts'

export function schema2(builder: Builder, _dialect: SchemaDialect): Compilable[] {
  return [
    builder.schema
      .alterTable('nodes')
      .addColumn('store_since_ms', 'bigint', (column) => column.notNull().defaultTo(0)),
  ]
}
