/** Where the chunks of a version lie: pages looked up as they are needed, checked, and opened. */
import { HoldfastError } from '../../base/errors.ts'
import { openPageLengths, pageHash } from '../../core/page.ts'
import type { ControlAnswer } from '../../wire/control.ts'
import { idToBytes } from '../../core/id-to-bytes.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'
import { ListCheck, type ListedPage } from './list-check.ts'

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
 * The chunks of one version in order, from the one that holds byte `from` on; reads on as it is asked. Those of
 * the last page come when the whole list was found to be what the record names. NOT_FOUND when the version was
 * purged, RECORD_FORGED when a page is not what the version's writer sealed, CORRUPT when the pages are not its
 * list.
 */
export async function* chunksOf(
  parts: PlacesParts,
  entry: IndexEntry,
  options: { readonly from?: number } = {},
): AsyncGenerator<PlacedChunk> {
  if (entry.chunkCount === 0) return
  const { from = 0 } = options
  const check = new ListCheck(entry)
  for (let isLast = false; !isLast;) {
    const { pages, more } = await lookUp(parts, [{ entry, from: check.due }])
    const told = pages.get(entry.version)
    if (told === undefined) throw purged()
    for (const page of told) check.take(page)
    isLast = more.get(entry.version) !== check.due
    if (isLast) check.finish(parts.session.world.primitives)
    for (const { chunks } of told) {
      for (const chunk of chunks) if (chunk.position + chunk.plainBytes > from) yield chunk
    }
  }
}

/** The one chunk of a version that has one, checked as `chunksOf` does. */
export function onlyChunk(
  { session }: PlacesParts,
  entry: IndexEntry,
  { pages }: LookedUp,
): PlacedChunk {
  const told = pages.get(entry.version)
  if (told === undefined) throw purged()
  const check = new ListCheck(entry)
  for (const page of told) check.take(page)
  check.finish(session.world.primitives)
  const [chunk, ...others] = told.flatMap(({ chunks }) => chunks)
  if (chunk !== undefined && others.length === 0) return chunk
  const what = `Cannot read a ${entry.kind} of ${entry.bytes} bytes: it has ${entry.chunkCount} chunks`
  throw new HoldfastError('CORRUPT', what)
}

function purged(): HoldfastError {
  return new HoldfastError('NOT_FOUND', 'Cannot read a file: its version was purged')
}

export interface OpenedPage extends ListedPage {
  /** At least one. */
  readonly chunks: readonly PlacedChunk[]
}

export interface LookedUp {
  /** By version id, as they were told: whether they are its list is not checked. */
  readonly pages: ReadonlyMap<string, readonly OpenedPage[]>
  /** Versions with pages left, and the first of those. */
  readonly more: ReadonlyMap<string, number>
}

/** Pages of several versions at once: at most `lookupVersionsMax`. RECORD_FORGED, MALFORMED. */
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
  const pages = new Map<string, OpenedPage[]>()
  for (const page of answer.pages) {
    const entry = entries.get(page.version)
    if (!entry) continue
    const list = pages.get(page.version) ?? []
    list.push(openPage(parts, { entry, page, packs: answer.packs }))
    pages.set(page.version, list)
  }
  return { pages, more: new Map(answer.more.map(({ version, from }) => [version, from])) }
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

function openPage({ session, vault }: PlacesParts, { entry, page, packs }: Page): OpenedPage {
  const { primitives } = session.world
  const { offset, lengths } = openPageLengths(primitives, vault.keys, {
    generation: entry.generation,
    version: idToBytes(entry.version),
    number: page.number,
    ids: page.ids,
    sealed: page.sealedLengths,
  })
  let position = offset
  const chunks = lengths.map((plainBytes, at) => {
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
  return { number: page.number, offset, hash: pageHash(primitives, page), chunks }
}
