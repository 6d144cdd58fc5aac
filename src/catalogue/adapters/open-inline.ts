import { HoldfastError } from '../../base/errors.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { Catalogue } from '../catalogue.ts'

/** A catalogue whose work runs in the caller's own thread: for the simulated world and for tests. */
export interface InlineCatalogue extends Catalogue {
  /**
   * What a crash of the process does: the open transaction and the queue are gone, calls under way never
   * settle, what was committed stays. Open another catalogue over the same database afterwards.
   */
  crash(): void
}

export interface SqliteDatabase {
  readonly path: string
  /** Ends the database, also one in memory. */
  close(): void
}

/** `path` of a file, or `:memory:` for a database that lives as long as the object. */
export function openSqliteDatabase(_path: string): SqliteDatabase {
  throw new HoldfastError('NOT_IN_THIS_VERSION', 'under construction')
}

/** `close` of the catalogue leaves the database open. Throws HOME_TOO_NEW, CORRUPT. */
export function openInlineCatalogue(_parts: {
  readonly database: SqliteDatabase
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
}): Promise<InlineCatalogue> {
  throw new HoldfastError('NOT_IN_THIS_VERSION', 'under construction')
}
