/** Where defects can be planted in a grid: between its parts, at the interfaces they really meet at. */
import type { StoreFaults } from '../../../blocks/store-faults.ts'
import type { ShardStore } from '../../../blocks/shard-store.ts'
import type { SqliteDatabase } from '../../../catalogue/adapters/open-inline.ts'
import type { Catalogue } from '../../../catalogue/catalogue.ts'
import type { Engine } from '../../../client/engine/engine.ts'

export interface Plants {
  readonly storeFaults?: StoreFaults
  readonly wrapStore?: (store: ShardStore) => ShardStore
  readonly wrapCatalogue?: (catalogue: Catalogue, database: SqliteDatabase) => Catalogue
  readonly wrapEngine?: (engine: Engine) => Engine
}
