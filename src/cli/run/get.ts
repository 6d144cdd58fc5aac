import { concatBytes, utf8 } from '../../base/bytes.ts'
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import type { LocalFiles } from '../../client/engine/local-files.ts'
import type { GetItem, GetOutcome } from '../../client/get/get-item.ts'
import { listFolder } from '../../client/tree/list-folder.ts'
import { parseLocation, parseVaultLocation, pathOf } from '../location.ts'
import type { VaultLocation } from '../location.ts'
import { FileList } from '../file-list.ts'
import { getFileJson } from '../json.ts'
import { hasOption } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import { quoteName } from '../quote.ts'
import type { GetFile } from '../results.ts'
import { placeText, showGet } from '../show/transfer.ts'
import { checkDistinct, landingOf, withoutSlashes } from './destination.ts'
import { endingOf } from './ending.ts'
import { fileAt, placeAt } from './find.ts'
import type { FoundPlace } from './find.ts'
import { noteDownNodes } from './nodes-note.ts'
import { writeOut } from './write-out.ts'

const slash = utf8('/')
const dot = utf8('.')

/** `get SRC… DEST` */
export async function get(context: Context, client: Client): Promise<Outcome> {
  const { invocation } = context
  const sources = invocation.operands.slice(0, -1).map(parseVaultLocation)
  const last = invocation.operands.at(-1)!
  const destination = parseLocation(last)
  if (destination.kind === 'vault') {
    throw new HoldfastError('BAD_USAGE', `${last.text} is in a vault: get writes local files`)
  }
  if (destination.kind === 'stream') return await getToOutput(context, client, sources)
  return await getToFiles(context, client, { sources, to: destination })
}

interface FilesRequest {
  readonly sources: readonly VaultLocation[]
  readonly to: { readonly path: Uint8Array; readonly asFolder: boolean }
}

async function getToFiles(
  context: Context,
  client: Client,
  request: FilesRequest,
): Promise<Outcome> {
  const { clock, signal, invocation } = context
  const startMs = clock.monotonicMs()
  const progress = { doneBytes: 0, doneFiles: 0 }
  const show = (): void => context.output.progress({ action: 'get', ...progress })
  const { works, missing } = await landings(client, request)
  const files = newList(context)
  for (const file of missing) files.add(file)
  await noteDownNodes(context, client)
  let error: HoldfastError | undefined
  try {
    for (const { vault, items } of works) {
      await client.get(vault, {
        items,
        sync: hasOption(invocation, 'sync'),
        verify: hasOption(invocation, 'verify'),
        outcome: (outcome) => {
          progress.doneFiles += 1
          files.add(getFile(vault, outcome))
          show()
        },
        progress: (bytes) => {
          progress.doneBytes += bytes
          show()
        },
      })
    }
  } catch (thrown) {
    error = endingOf(thrown, { signal, begun: files.length > 0 })
  }
  const seconds = (clock.monotonicMs() - startMs) / 1000
  return showGet({ files, seconds }, { error })
}

interface Work {
  readonly vault: string
  readonly items: Iterable<GetItem>
}

interface Landings {
  readonly works: readonly Work[]
  /** Sources that are not there. */
  readonly missing: readonly GetFile[]
}

/** What goes where. Nothing but DEST and the folders above it is made. NOT_FOUND when no source is there. */
async function landings(client: Client, { sources, to }: FilesRequest): Promise<Landings> {
  const local = client.files
  const { inside } = landingOf({
    sources: sources.length,
    found: foundAt(local, withoutSlashes(to.path)),
    asFolder: to.asFolder,
    text: quoteName(to.path),
  })
  const targets = sources.map(({ names }) => {
    const name = names.at(-1)
    return inside && name !== undefined ? joinPath(to.path, name) : withoutSlashes(to.path)
  })
  checkDistinct(
    sources.map((source, n) => ({
      source: placeText({ vault: source.vault, path: pathOf(source.names) }),
      place: quoteName(targets[n]!),
    })),
  )
  const works: Work[] = []
  const missing: GetFile[] = []
  for (const [n, source] of sources.entries()) {
    const target = targets[n]!
    try {
      const place = await placeAt(client, source)
      const { entry } = place
      client.prepare(entry && entry.kind !== 'folder' ? entry.bytes : Infinity)
      checkKinds(local, place, { target, isDestination: target.length <= to.path.length })
      works.push({ vault: source.vault, items: itemsOf({ place, source, target }) })
    } catch (error) {
      missing.push(notThere(source, target, error))
      if (missing.length === sources.length) throw error
    }
  }
  makeParents(local, inside ? joinPath(to.path, dot) : to.path)
  return { works, missing }
}

function foundAt(local: LocalFiles, path: Uint8Array): 'folder' | 'other' | 'nothing' {
  const found = local.statPath(path)
  if (found === undefined) return 'nothing'
  return found.kind === 'folder' || isLinkToFolder(local, path) ? 'folder' : 'other'
}

/** DEST itself may be reached through a link; nothing below it is. */
function isLinkToFolder(local: LocalFiles, path: Uint8Array): boolean {
  if (local.statPath(path)?.kind !== 'link') return false
  try {
    return local.statPath(joinPath(path, dot))?.kind === 'folder'
  } catch (error) {
    // A circle of links, or one into a closed folder.
    if (!(error instanceof HoldfastError)) throw error
    return false
  }
}

/** A file never goes over a folder, nor a folder over a file or link. */
function checkKinds(
  local: LocalFiles,
  place: FoundPlace,
  { target, isDestination }: { readonly target: Uint8Array; readonly isDestination: boolean },
): void {
  const there = local.statPath(target)
  if (there === undefined) return
  const isFolder = place.entry === undefined || place.entry.kind === 'folder'
  const thereIsFolder = there.kind === 'folder' || (isDestination && isLinkToFolder(local, target))
  if (isFolder === thereIsFolder) return
  throw new HoldfastError(
    'KIND_CONFLICT',
    `Cannot write a ${isFolder ? 'folder' : 'file'} to ${quoteName(target)}: it is a ${there.kind}`,
  )
}

/** NOT_FOUND is what becomes of this source; anything else is thrown. */
function notThere(source: VaultLocation, to: Uint8Array, error: unknown): GetFile {
  if (!(error instanceof HoldfastError) || error.code !== 'NOT_FOUND') throw error
  const { vault, names } = source
  const path = pathOf(names)
  return { vault, path, to, bytes: 0, state: 'failed', error: errorToJson(error) }
}

function* itemsOf(start: {
  readonly place: FoundPlace
  readonly source: VaultLocation
  readonly target: Uint8Array
}): Generator<GetItem> {
  const { place, source, target } = start
  yield { path: source.names, entry: place.entry, to: target }
  if (place.entry !== undefined && place.entry.kind !== 'folder') return
  for (const { path, entry } of listFolder(place.index, {
    folder: place.folder,
    recursive: true,
  })) {
    yield { path: [...source.names, ...path], entry, to: path.reduce(joinPath, target) }
  }
}

async function getToOutput(
  context: Context,
  client: Client,
  sources: readonly VaultLocation[],
): Promise<Outcome> {
  const { clock, signal } = context
  const startMs = clock.monotonicMs()
  const files = newList(context)
  let error: HoldfastError | undefined
  try {
    for (const source of sources) {
      const entry = await fileAt(client, source)
      files.add(await writeOut(context, client, { location: source, entry }))
    }
  } catch (thrown) {
    error = endingOf(thrown, { signal, begun: files.length > 0 })
  }
  return showGet({ files, seconds: (clock.monotonicMs() - startMs) / 1000 }, { error })
}

function newList({ output }: Context): FileList<GetFile> {
  return new FileList(output.json ? getFileJson : undefined)
}

function getFile(vault: string, outcome: GetOutcome): GetFile {
  const { item, state } = outcome
  const { path, entry, to } = item
  const base = { vault, path: pathOf(path), to, bytes: entry?.bytes ?? 0 }
  if (state === 'failed') return { ...base, state, error: outcome.error }
  return entry?.kind === 'file'
    ? { ...base, state, sha256: entry.sha256.toHex() }
    : { ...base, state }
}

function makeParents(local: LocalFiles, path: Uint8Array): void {
  for (let at = path.indexOf(slash[0]!, 1); at > 0; at = path.indexOf(slash[0]!, at + 1)) {
    const parent = path.subarray(0, at)
    if (foundAt(local, parent) !== 'folder') local.makeFolder(parent)
  }
}

function joinPath(folder: Uint8Array, name: Uint8Array): Uint8Array {
  return concatBytes(folder.at(-1) === slash[0] ? [folder, name] : [folder, slash, name])
}
