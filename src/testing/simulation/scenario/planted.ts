/**
 * Defects that are planted on purpose, one at a time, to show that the world would find them: each is a
 * mistake that could be made at that very place.
 */
import type { StoredShard } from '../../../blocks/shard-store.ts'
import type { StoreFault } from '../../../blocks/store-faults.ts'
import type { Catalogue } from '../../../catalogue/catalogue.ts'
import { catalogueWith } from '../grid/passing-catalogue.ts'
import { passingOn } from '../grid/lying-store.ts'
import type { Plants } from '../grid/plants.ts'

type Packs = Parameters<Catalogue['registerPacks']>[0]['packs']

/** Of the node's store. */
function inStore(fault: StoreFault): Plants {
  return { storeFaults: new Set([fault]) }
}

function inCatalogue(change: (catalogue: Catalogue) => Partial<Catalogue>): Plants {
  return { wrapCatalogue: (catalogue) => catalogueWith(catalogue, change(catalogue)) }
}

/** A receipt names the shard that was stored before. */
function receiptForAnother(): Plants {
  return {
    wrapStore(store) {
      let last: StoredShard | undefined
      return passingOn(store, {
        async put(buffer, options) {
          const stored = await store.put(buffer, options)
          const given = last ?? stored
          last = stored
          return given
        },
      })
    },
  }
}

function asDurable(packs: Packs): Packs {
  return packs.map((pack) => ({
    ...pack,
    shards: pack.shards.map((shard) => ({
      ...shard,
      state: 'durable' as const,
      recordNumber: shard.recordNumber ?? 1,
    })),
  }))
}

/** Shards that were still on their way are registered as if they were durable. */
function commitBeforeShards(): Plants {
  return inCatalogue((catalogue) => ({
    registerPacks: (request) =>
      catalogue.registerPacks({ ...request, packs: asDurable(request.packs) }),
    commit: (request) => catalogue.commit({ ...request, packs: asDurable(request.packs) }),
  }))
}

/** Whatever the head is, a commit replaces it. */
function compareAndSwapSkipped(): Plants {
  return {
    wrapCatalogue: (catalogue, database) =>
      catalogueWith(catalogue, {
        commit(request) {
          const operations = request.operations.map((operation) => {
            const rows = database.run(
              `select lower(hex(versions.id)) as head from entries
               join versions on versions.key = entries.head where entries.id = ?`,
              [Uint8Array.fromHex(operation.entry)],
            ) as { readonly head: string }[]
            return { ...operation, previous: rows[0]?.head ?? operation.previous }
          })
          return catalogue.commit({ ...request, operations })
        },
      }),
  }
}

/** What does not open is given out all the same. */
function tagUnchecked(): Plants {
  return {
    wrapEngine: (engine) => ({
      ...engine,
      async open(job) {
        const { opened } = await engine.open(job)
        return { opened: opened.map(() => true) }
      },
    }),
  }
}

/** What is registered under an upload is trash as long as nothing refers to it. */
function leaseIgnored(): Plants {
  return {
    wrapCatalogue: (catalogue, database) =>
      catalogueWith(catalogue, {
        async markTrash(most) {
          const marked = await catalogue.markTrash(most)
          const { nowMs } = database.run('select max(expires_ms) as nowMs from uploads')[0] as {
            readonly nowMs: number | null
          }
          if (nowMs === null) return marked
          database.run(
            `update chunks set trash_since = 1 where trash_since is null
             and not exists (select 1 from refs where refs.chunk = chunks.key)`,
          )
          return marked
        },
      }),
  }
}

/** A chunk that the vault knows is taken, however few shards of its pack are left. */
function knownTrusted(): Plants {
  return inCatalogue((catalogue) => ({
    knownChunks: (request) => catalogue.knownChunks({ ...request, threshold: 1 }),
    commit: (request) => catalogue.commit({ ...request, threshold: 1 }),
    stagePages: (request) => catalogue.stagePages({ ...request, threshold: 1 }),
  }))
}

/** What a node says it holds is not compared with the rows. */
function censusIgnored(): Plants {
  return inCatalogue(() => ({ census: () => Promise.resolve({ strangers: [], missing: 0 }) }))
}

/** Shards of dead packs are forgotten, whether their nodes deleted them or not. */
function deletesForgotten(): Plants {
  return inCatalogue((catalogue) => ({
    async deadShards(most, nodes) {
      await catalogue.shardsDeleted(await catalogue.deadShards(most, nodes))
      return []
    },
  }))
}

export const plantedFaults: Readonly<Record<string, () => Plants>> = {
  'no-sync-before-receipt': () => inStore('no-sync'),
  'commit-before-shards': commitBeforeShards,
  'compare-and-swap-skipped': compareAndSwapSkipped,
  'tag-unchecked': tagUnchecked,
  'index-before-data': () => inStore('index-first'),
  'receipt-for-another': receiptForAnother,
  'lease-ignored': leaseIgnored,
  'known-trusted': knownTrusted,
  'torn-tail-taken': () => inStore('torn-tail'),
  'census-ignored': censusIgnored,
  'deletes-forgotten': deletesForgotten,
}
