import type { Catalogue } from '../catalogue.ts'
import type { CatalogueParts } from '../parts.ts'
import type { SqliteDatabase } from './sqlite/database.ts'
import { openCatalogue } from './sqlite/open.ts'

export { openSqliteDatabase, type SqliteDatabase } from './sqlite/database.ts'

/** A catalogue whose work runs in the caller's own thread: for the simulated world and for tests. */
export interface InlineCatalogue extends Catalogue {
  /**
   * What a crash of the process does: the open transaction and the queue are gone, calls under way never
   * settle, what was committed stays. Open another catalogue over the same database afterwards.
   */
  crash(): void
}

/**
 * Deterministic: waits for nothing but promises. `close` leaves the database open. Throws HOME_TOO_NEW,
 * CORRUPT.
 */
export async function openInlineCatalogue({
  database,
  ...parts
}: CatalogueParts & { readonly database: SqliteDatabase }): Promise<InlineCatalogue> {
  const { catalogue, engine } = await openCatalogue(database, parts)
  return Object.assign(catalogue, { crash: () => engine.crash() })
}
