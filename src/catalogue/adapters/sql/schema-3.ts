/**
 * What shows that a catalogue is not an older one than its nodes worked with: the marks it gave out, and which
 * records of a node it must not delete. Never changed.
 */
import type { Compilable } from 'kysely'
import type { SchemaDialect } from './schema-1.ts'
import type { Builder } from './statement.ts'

export function schema3(builder: Builder, dialect: SchemaDialect): Compilable[] {
  return [
    builder.schema
      .createTable('marks')
      .addColumn('id', dialect.bytes, (column) => column.primaryKey())
      .addColumn('given_ms', 'bigint', (column) => column.notNull()),
    builder.schema
      .alterTable('nodes')
      .addColumn('kept_up_to', 'bigint', (column) => column.notNull().defaultTo(0)),
    builder.schema.alterTable('nodes').addColumn('quarantine', 'text'),
  ]
}
