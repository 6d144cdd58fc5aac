/** Where the chunks of a version lie: pages looked up as they are needed, checked, and opened. */
import { HoldfastError } from '../../base/errors.ts'
import { openPageLengths } from '../../core/page.ts'
import type { ControlAnswer } from '../../wire/control.ts'
import { idBytes } from '../cluster.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'

export type PackPlaces = ControlAnswer<'lookup'>['packs'][number]

/** One chunk of a version. */
export interface PlacedChunk {
  readonly id: Uint8Array
  readonly generation: number
  /** In the content. */
  readonly position: number
  readonly plainBytes: number
  /** Of the list it was found in. */
  readonly version: string
  readonly page: number
  readonly pack: PackPlaces
  /** Of the sealed chunk in the pack. */
  readonly offset: number
  readonly length: number
}

export interface PlacesParts {
  readonly session: Session
  readonly vault: OpenVault
  readonly signal?: AbortSignal | undefined
}

/**
 * The chunks of one version in order, from the one that holds byte `from` on; reads on as it is asked.
 * NOT_FOUND when the version was purged, RECORD_FORGED when the list is not what its writer sealed.
 */
export async function* chunksOf(
  parts: PlacesParts,
  entry: IndexEntry,
  options: { readonly from?: number } = {},
): AsyncGenerator<PlacedChunk> {
  const { from = 0 } = options
  let seen = 0
  let page: number | undefined = 0
  while (page !== undefined && seen < entry.chunkCount) {
    const looked = await lookUp(parts, [{ entry, from: page }])
    page = looked.more.get(entry.version)
    for (const chunk of looked.chunks.get(entry.version) ?? []) {
      seen += 1
      if (chunk.position + chunk.plainBytes > from) yield chunk
    }
  }
  if (seen === entry.chunkCount) return
  throw new HoldfastError(
    'RECORD_FORGED',
    `Cannot read a file: its list has ${seen} chunks, its record says ${entry.chunkCount}`,
  )
}

export interface LookedUp {
  /** By version id. */
  readonly chunks: ReadonlyMap<string, readonly PlacedChunk[]>
  /** Versions with pages left, and the first of those. */
  readonly more: ReadonlyMap<string, number>
}

/** Pages of several versions at once: at most `lookupVersionsMax`. */
export async function lookUp(
  parts: PlacesParts,
  wanted: readonly { readonly entry: IndexEntry; readonly from: number }[],
): Promise<LookedUp> {
  const { session, vault, signal } = parts
  const answer = await session.control.call(
    'lookup',
    {
      vault: vault.vault,
      versions: wanted.map(({ entry, from }) => ({ version: entry.version, from })),
    },
    signal ? { signal } : {},
  )
  const entries = new Map(wanted.map(({ entry }) => [entry.version, entry]))
  const chunks = new Map<string, PlacedChunk[]>()
  for (const page of answer.pages) {
    const entry = entries.get(page.version)
    if (!entry) continue
    const list = chunks.get(page.version) ?? []
    list.push(...openPage(parts, { entry, page, packs: answer.packs }))
    chunks.set(page.version, list)
  }
  return { chunks, more: new Map(answer.more.map(({ version, from }) => [version, from])) }
}

/** Where the shards of this chunk's pack are by now; undefined when the version is gone. */
export async function placesNow(
  { session, vault, signal }: PlacesParts,
  { version, page, pack }: PlacedChunk,
): Promise<PackPlaces | undefined> {
  const versions = [{ version, from: page }]
  const options = signal ? { signal } : {}
  const answer = await session.control.call('lookup', { vault: vault.vault, versions }, options)
  return answer.packs.find((one) => one.pack === pack.pack)
}

interface Page {
  readonly entry: IndexEntry
  readonly page: ControlAnswer<'lookup'>['pages'][number]
  readonly packs: readonly PackPlaces[]
}

function openPage({ session, vault }: PlacesParts, { entry, page, packs }: Page): PlacedChunk[] {
  const { offset, lengths } = openPageLengths(session.world.primitives, vault.keys, {
    generation: entry.generation,
    version: idBytes(entry.version),
    number: page.number,
    ids: page.ids,
    sealed: page.sealedLengths,
  })
  let position = offset
  return lengths.map((plainBytes, at) => {
    const place = page.places[at]
    const pack = place === undefined ? undefined : packs[place[0]]
    if (place === undefined || pack === undefined) {
      throw new HoldfastError('MALFORMED', 'Cannot read a look-up: a chunk has no place')
    }
    const chunk = {
      // A copy: a view would drag the whole page into every job it is part of.
      id: page.ids.slice(at * 32, at * 32 + 32),
      generation: place[3],
      position,
      plainBytes,
      version: page.version,
      page: page.number,
      pack,
      offset: place[1],
      length: place[2],
    }
    position += plainBytes
    return chunk
  })
}
