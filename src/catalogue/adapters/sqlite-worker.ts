import { HoldfastError } from '../../base/errors.ts'
import type { Catalogue } from '../catalogue.ts'

/**
 * A catalogue in the SQLite file at `path` (made when absent), worked on by a thread of its own with the
 * system's clock. Throws HOME_TOO_NEW, CORRUPT, NO_SPACE.
 */
export function openSqliteCatalogue(_path: string): Promise<Catalogue> {
  throw new HoldfastError('NOT_IN_THIS_VERSION', 'under construction')
}
