/**
 * What a grid holds, seen from outside of all programs: the catalogue's rows beside the shards that the nodes
 * really have. Complaints are about what may be so for a while, but not for ever.
 */
import { toHex } from '../../../base/bytes.ts'
import { packState, shardCode } from '../../../catalogue/adapters/sql/codes.ts'
import { decodeShardId } from '../../../core/shard.ts'
import { decodeOperation } from '../../../core/operation.ts'
import type { SimulatedGrid } from '../grid/grid.ts'

interface PackRow {
  readonly key: number
  readonly id: Uint8Array
  readonly k: number
  readonly m: number
  readonly generation: number
  readonly held: number
  readonly chunks: number
}

interface PlaceRow {
  readonly pack: number
  readonly index: number
  readonly node: Uint8Array
  readonly state: number
  readonly old: number
}

const shardsMax = 100_000

/** Packs that are not as complete as their policy wants, at the nodes themselves. */
export async function incompletePacks(grid: SimulatedGrid): Promise<string[]> {
  const held = await heldShards(grid)
  const complaints: string[] = []
  for (const pack of livePacks(grid)) {
    const places = placesOf(grid, pack)
    const there = places.filter(
      ({ state, old, index, node }) =>
        state === shardCode.durable && old === 0 && held.has(nameOf(pack, { index, node })),
    )
    const indices = new Set(there.map(({ index }) => index))
    if (indices.size === pack.k + pack.m) continue
    const states = places.map(({ index, state, old }) => `${index}:${state}${old === 0 ? '' : '?'}`)
    complaints.push(`pack ${toHex(pack.id)} has ${indices.size} shards; rows ${states.join(' ')}`)
  }
  return complaints
}

/** Shards that their rows call durable, and that their nodes do not have. */
export async function lostShards(
  grid: SimulatedGrid,
): Promise<{ readonly node: string; readonly complaint: string }[]> {
  const held = await heldShards(grid)
  return livePacks(grid).flatMap((pack) =>
    placesOf(grid, pack)
      .filter((place) => place.state === shardCode.durable && !held.has(nameOf(pack, place)))
      .map((place) => {
        const complaint = `shard ${nameOf(pack, place)} is called durable, and is not there`
        return { node: toHex(place.node), complaint }
      }),
  )
}

/** Everything that nothing needs any more. */
export async function leaks(grid: SimulatedGrid): Promise<string[]> {
  const complaints: string[] = []
  const expected = new Set<string>()
  for (const pack of livePacks(grid)) {
    if (pack.chunks === 0) complaints.push(`pack ${toHex(pack.id)} has no chunk`)
    for (const place of placesOf(grid, pack)) expected.add(nameOf(pack, place))
  }
  for (const shard of await heldShards(grid)) {
    if (!expected.has(shard)) complaints.push(`shard ${shard} belongs to no pack`)
  }
  for (const [what, sql] of Object.entries(leftovers)) {
    const { count } = grid.coordinator.database.run(sql)[0] as { readonly count: number }
    if (count > 0) complaints.push(`${count} ${what}`)
  }
  return complaints
}

const leftovers = {
  uploads: 'select count(*) as count from uploads',
  'packs held by uploads': 'select count(*) as count from upload_packs',
  'staged versions': 'select count(*) as count from staged',
  'chunks without reference':
    'select count(*) as count from chunks where not exists (select 1 from refs where refs.chunk = chunks.key)',
  'chunks in trash that are referred to':
    'select count(*) as count from chunks where trash_since is not null and exists (select 1 from refs where refs.chunk = chunks.key)',
  'references of no version':
    'select count(*) as count from refs where version not in (select key from versions)',
  'versions to purge': 'select count(*) as count from doomed',
  'entries to purge': 'select count(*) as count from purging',
  'versions that were replaced':
    'select count(*) as count from versions where replaced_ms is not null and entry is not null',
  'shards of dead packs': `select count(*) as count from shards join packs on packs.key = shards.pack where packs.state = ${packState.dead}`,
} as const

/** What the catalogue counts beside what it should count. */
export function miscounts(grid: SimulatedGrid): string[] {
  const { database } = grid.coordinator
  const complaints: string[] = []
  for (const pack of livePacks(grid)) {
    const held = placesOf(grid, pack).filter(
      ({ state }) => state === shardCode.durable || state === shardCode.unknown,
    )
    if (held.length !== pack.held) {
      complaints.push(`pack ${toHex(pack.id)} counts ${pack.held} shards, it has ${held.length}`)
    }
  }
  const vaults = database.run(
    `select id, stored_bytes as counted, (select coalesce(sum(length), 0) from chunks
     where chunks.vault = vaults.key) as stored from vaults`,
  ) as { readonly id: Uint8Array; readonly counted: number; readonly stored: number }[]
  for (const { id, counted, stored } of vaults) {
    if (counted !== stored) complaints.push(`vault ${toHex(id)} counts ${counted}, not ${stored}`)
  }
  return complaints
}

/** Each feed has no gap, and each version follows the one that was the head before. */
export function brokenFeeds(grid: SimulatedGrid): string[] {
  const { database } = grid.coordinator
  const complaints: string[] = []
  const vaults = database.run('select key, n from vaults') as {
    readonly key: number
    readonly n: number
  }[]
  for (const vault of vaults) {
    const commits = database.run('select n from commits where vault = ? order by n', [vault.key])
    const numbers = (commits as { readonly n: number }[]).map(({ n }) => n)
    if (numbers.length !== vault.n || numbers.some((n, at) => n !== at + 1)) {
      complaints.push(`feed of vault ${vault.key} has a gap: ${numbers.join(' ')} of ${vault.n}`)
    }
    complaints.push(...brokenChains(grid, vault.key))
  }
  return complaints
}

function brokenChains({ coordinator }: SimulatedGrid, vault: number): string[] {
  const rows = coordinator.database.run(
    'select n, bytes from versions where vault = ? and bytes is not null order by n, position',
    [vault],
  ) as { readonly n: number; readonly bytes: Uint8Array }[]
  const heads = new Map<string, string>()
  const complaints: string[] = []
  for (const { n, bytes } of rows) {
    const { entry, previous, version } = decodeOperation(bytes)
    const head = heads.get(toHex(entry))
    // What came before may be purged: then nobody knows any more
    if (head !== undefined && previous !== undefined && toHex(previous) !== head) {
      complaints.push(`commit ${n} replaces ${toHex(previous)}, the head was ${head}`)
    }
    heads.set(toHex(entry), toHex(version))
  }
  return complaints
}

/** Names of all shards at nodes that serve. */
async function heldShards({ nodes }: SimulatedGrid): Promise<Set<string>> {
  const held = new Set<string>()
  for (const { store, node } of nodes) {
    const listing = await store?.list({ most: shardsMax })
    for (const { shardId, damaged } of listing?.shards ?? []) {
      const { pack, index, placementGeneration } = decodeShardId(shardId)
      const name = `${toHex(pack)}/${index}/${placementGeneration} at ${node}`
      held.add(damaged ? `damaged ${name}` : name)
    }
  }
  return held
}

function livePacks({ coordinator }: SimulatedGrid): PackRow[] {
  return coordinator.database.run(
    `select key, id, k, m, generation, held,
     (select count(*) from chunks where chunks.pack = packs.key) as chunks
     from packs where state = ${packState.live} order by key`,
  ) as PackRow[]
}

function placesOf({ coordinator }: SimulatedGrid, { key }: PackRow): PlaceRow[] {
  return coordinator.database.run(
    `select shards.pack, "index", nodes.id as node, shards.state, nodes.epoch - shards.epoch as old
     from shards join nodes on nodes.key = shards.node where pack = ? order by "index"`,
    [key],
  ) as PlaceRow[]
}

function nameOf(
  { id, generation }: PackRow,
  { index, node }: Pick<PlaceRow, 'index' | 'node'>,
): string {
  return `${toHex(id)}/${index}/${generation} at ${toHex(node)}`
}
