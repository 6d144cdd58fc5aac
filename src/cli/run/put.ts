import { HoldfastError } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import type { PutItem, PutOutcome } from '../../client/put/put-item.ts'
import { HeldFolders } from '../../client/put/held-folders.ts'
import { noSuchPath, walk } from '../../client/put/walk.ts'
import type { DigestAlgorithm } from '../../client/engine/digests.ts'
import { standardInput } from '../../client/engine/local-files.ts'
import { pathText } from '../../client/tree/path.ts'
import { resolvePath } from '../../client/tree/resolve-path.ts'
import type { Path } from '../../client/tree/path.ts'
import type { Resolved } from '../../client/tree/resolve-path.ts'
import type { Argument, Invocation } from '../command.ts'
import { parseLocation, parseVaultLocation, pathOf } from '../location.ts'
import type { VaultLocation } from '../location.ts'
import { FileList } from '../file-list.ts'
import { putFileJson } from '../json.ts'
import { hasOption, optionNumber, optionText } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import { quoteName } from '../quote.ts'
import type { PutFile } from '../results.ts'
import { placeText, showPut } from '../show/transfer.ts'
import { baseName, checkDistinct, landingOf, withoutSlashes } from './destination.ts'
import type { DestinationState } from './destination.ts'
import { endingOf } from './ending.ts'
import { locationText } from './find.ts'
import { noteUnwritableNodes } from './nodes-note.ts'

/** `put SRC… DEST` */
export async function put(context: Context, client: Client): Promise<Outcome> {
  const { invocation, clock, signal } = context
  const sources = invocation.operands.slice(0, -1)
  const destination = parseVaultLocation(invocation.operands.at(-1)!)
  const minShards = optionNumber(invocation, { name: 'min-shards', least: 1, most: 32 })
  const digests = digestsOf(invocation)
  const startMs = clock.monotonicMs()
  const files = new FileList(context.output.json ? putFileJson : undefined)
  const progress = new PutProgress(context)
  const places = await sourcePlaces(client, sources, destination)
  await noteUnwritableNodes(context, client)
  const shards = { written: 0, wanted: 0 }
  const held = new HeldFolders(client.files)
  let error: HoldfastError | undefined
  try {
    const done = await client.put(destination.vault, {
      items: progress.counted(itemsOf(client, { places, held })),
      checksum: hasOption(invocation, 'checksum'),
      minShards,
      digests,
      outcome: (outcome) => {
        progress.fileDone()
        files.add(putFile(destination.vault, outcome))
      },
      progress: (bytes) => progress.read(bytes),
    })
    Object.assign(shards, done)
  } catch (thrown) {
    error = endingOf(thrown, { signal, begun: files.length > 0 })
  } finally {
    held.close()
  }
  const seconds = (clock.monotonicMs() - startMs) / 1000
  return showPut({ files, shards, seconds }, { error })
}

/** SHA-256 is always kept. */
function digestsOf(invocation: Invocation): DigestAlgorithm[] {
  const text = optionText(invocation, 'digest')
  if (text === undefined) return []
  if (text === 'md5') return [text]
  throw new HoldfastError('BAD_USAGE', `--digest is ${JSON.stringify(text)}: must be md5`)
}

interface SourcePlace {
  /** Undefined for standard input. */
  readonly path: Uint8Array | undefined
  readonly to: Path
}

/** Where each source goes. Nothing is read or changed yet. NOT_FOUND when there is none of them. */
async function sourcePlaces(
  client: Client,
  sources: readonly Argument[],
  destination: VaultLocation,
): Promise<SourcePlace[]> {
  for (const source of sources) client.prepare(workIn(client, source))
  const { feed, vault } = await client.vault(destination.vault)
  const at = (path: Path): Resolved => resolvePath(feed.index, { vault: vault.vault, path })
  const { inside } = landingOf({
    sources: sources.length,
    found: stateOf(at(destination.names)),
    asFolder: destination.asFolder,
    text: locationText(destination),
  })
  const places = sources.map((source) => {
    return sourcePlace(source, { inside, names: destination.names })
  })
  checkDistinct(
    places.map(({ to }, n) => ({
      source: quoteName(sources[n]!.bytes),
      place: placeText({ vault: destination.vault, path: pathOf(to) }),
    })),
  )
  const stats = places.map(({ path }) => path && client.files.statPath(path))
  const isThere = ({ path }: SourcePlace, n: number): boolean =>
    path === undefined || stats[n] !== undefined
  if (!places.some(isThere)) {
    throw noSuchPath(sources[0]!.bytes)
  }
  for (const [n, { to }] of places.entries()) {
    if (isThere(places[n]!, n)) checkKinds(at(to), { to, isFolder: stats[n]?.kind === 'folder' })
  }
  return places
}

/** In bytes, as far as can be seen: without end for folders and standard input. */
function workIn(client: Client, source: Argument): number {
  const location = parseLocation(source)
  if (location.kind === 'vault') return 0
  if (location.kind === 'stream') return Infinity
  const stat = client.files.statPath(withoutSlashes(location.path))
  return stat?.kind === 'folder' ? Infinity : (stat?.bytes ?? 0)
}

function stateOf(found: Resolved): DestinationState['found'] {
  if (found.kind === 'root' || found.kind === 'folder') return 'folder'
  return found.kind === 'missing' ? 'nothing' : 'other'
}

/** A file never goes over a folder, nor a folder over a file, nor anything below a file. */
function checkKinds(
  found: Resolved,
  { to, isFolder }: { readonly to: Path; readonly isFolder: boolean },
): void {
  if (found.kind === 'missing') return
  const fits = isFolder === (stateOf(found) === 'folder')
  if (fits && found.kind !== 'blocked') return
  const what = found.kind === 'blocked' ? 'it lies below a file' : `it is a ${found.kind}`
  throw new HoldfastError('KIND_CONFLICT', `Cannot store anything at ${pathText(to)}: ${what}`)
}

function sourcePlace(
  source: Argument,
  to: { readonly inside: boolean; readonly names: Path },
): SourcePlace {
  const location = parseLocation(source)
  if (location.kind === 'vault') {
    throw new HoldfastError('BAD_USAGE', `${source.text} is in a vault: put takes local files`, {
      hint: 'Fetch it with holdfast get first',
    })
  }
  if (location.kind === 'stream') {
    if (!to.inside) return { path: undefined, to: to.names }
    throw new HoldfastError('BAD_USAGE', 'Standard input has no name of its own', {
      hint: 'Name a file as DEST, as in holdfast put - home:/notes.txt',
    })
  }
  const path = withoutSlashes(location.path)
  const name = baseName(path)
  // `.`, `..` and `/` have no name of their own: what is in them lands in DEST.
  const names = to.inside && name !== undefined ? [...to.names, name] : to.names
  return { path, to: names }
}

function* itemsOf(
  client: Client,
  { places, held }: { readonly places: readonly SourcePlace[]; readonly held: HeldFolders },
): Generator<PutItem> {
  for (const { path, to } of places) {
    if (path === undefined) yield { kind: 'input', handle: standardInput, to }
    else yield* walk(client.files, { path, to, held })
  }
}

function putFile(vault: string, outcome: PutOutcome): PutFile {
  const path = pathOf(outcome.to)
  if ('error' in outcome) {
    const { state, error } = outcome
    return { vault, path, state, bytes: 0, newBytes: 0, error }
  }
  const { state, bytes, version, sha256, md5, newBytes } = outcome
  const sums = { sha256: sha256.toHex(), ...(md5 && { md5: md5.toHex() }) }
  return { vault, path, state, bytes, version, ...sums, newBytes }
}

class PutProgress {
  readonly #context: Context
  #totalBytes: number | undefined = 0
  #totalFiles = 0
  #doneBytes = 0
  #doneFiles = 0

  constructor(context: Context) {
    this.#context = context
  }

  *counted(items: Iterable<PutItem>): Generator<PutItem> {
    for (const item of items) {
      this.#totalFiles += 1
      if (item.kind === 'input') this.#totalBytes = undefined
      else if (item.kind === 'file' && this.#totalBytes !== undefined) {
        this.#totalBytes += item.stat.bytes
      }
      yield item
    }
  }

  read(bytes: number): void {
    this.#doneBytes += bytes
    this.#show()
  }

  fileDone(): void {
    this.#doneFiles += 1
    this.#show()
  }

  #show(): void {
    this.#context.output.progress({
      action: 'put',
      doneBytes: this.#doneBytes,
      doneFiles: this.#doneFiles,
      totalFiles: this.#totalFiles,
      ...(this.#totalBytes === undefined ? {} : { totalBytes: this.#totalBytes }),
    })
  }
}
