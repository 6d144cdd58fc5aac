/**
 * Defects that are planted on purpose, one at a time, to show that the world would find them: each is a
 * mistake that could be made at that very place.
 */
import type { StoredShard } from '../../../blocks/shard-store.ts'
import type { StoreFault } from '../../../blocks/store-faults.ts'
import type { Catalogue } from '../../../catalogue/catalogue.ts'
import type { WriteFile } from '../../../client/engine/engine.ts'
import { catalogueWith } from '../grid/passing-catalogue.ts'
import { passingOn } from '../grid/lying-store.ts'
import type { Plants } from '../grid/plants.ts'

type Commit = Parameters<Catalogue['commit']>[0]
type Packs = Parameters<Catalogue['registerPacks']>[0]['packs']

/** Of a chunk. */
const idBytes = 32

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
      async writeBatch(job) {
        const written = await engine.writeBatch(job)
        if (written.files.every(({ kind }) => kind !== 'sealed-wrong')) return written
        return engine.writeBatch({ ...job, files: job.files.map(withOpenChunks) })
      },
    }),
  }
}

function withOpenChunks(file: WriteFile): WriteFile {
  return { ...file, chunks: file.chunks.map((chunk) => ({ ...chunk, isOpen: true })) }
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

/**
 * The advice that a chunk is known is wrong, and the commit trusts it: where there is no such chunk, another
 * one's place stands in for it.
 */
function knownTrusted(): Plants {
  return {
    wrapCatalogue: (catalogue, database) =>
      catalogueWith(catalogue, {
        knownChunks: ({ ids }) => Promise.resolve(new Uint8Array(ids.length / idBytes).fill(1)),
        async commit(request) {
          const answer = await catalogue.commit(request)
          if (answer.kind !== 'missing') return answer
          const rows = database.run(
            `select chunks.id from chunks join vaults on vaults.key = chunks.vault
             where vaults.id = ? limit 1`,
            [Uint8Array.fromHex(request.vault)],
          ) as { readonly id: Uint8Array }[]
          const other = rows[0]?.id
          if (other === undefined) return answer
          return catalogue.commit(standIn(request, { missing: answer.chunks, other }))
        },
      }),
  }
}

function standIn(
  request: Commit,
  { missing, other }: { readonly missing: Uint8Array; readonly other: Uint8Array },
): Commit {
  const gone = new Set<string>()
  for (let at = 0; at < missing.length; at += idBytes) {
    gone.add(missing.subarray(at, at + idBytes).toHex())
  }
  const trusted = (ids: Uint8Array): Uint8Array => {
    const all = ids.slice()
    for (let at = 0; at < all.length; at += idBytes) {
      if (gone.has(all.subarray(at, at + idBytes).toHex())) all.set(other, at)
    }
    return all
  }
  const operations = request.operations.map((operation) => ({
    ...operation,
    pages: operation.pages.map((page) => ({ ...page, ids: trusted(page.ids) })),
  }))
  return { ...request, operations }
}

/** What a node says it holds is not compared with the rows. */
function censusIgnored(): Plants {
  return inCatalogue(() => ({ census: () => Promise.resolve({ strangers: [], missing: 0 }) }))
}

export const plantedFaults: Readonly<Record<string, () => Plants>> = {
  'no-sync-before-receipt': () => inStore('no-sync'),
  'commit-before-shards': commitBeforeShards,
  'compare-and-swap-skipped': compareAndSwapSkipped,
  'tag-unchecked': tagUnchecked,
  'receipt-for-another': receiptForAnother,
  'lease-ignored': leaseIgnored,
  'known-trusted': knownTrusted,
  'census-ignored': censusIgnored,
}
