import { concatBytes, utf8, utf8ToText } from '../../base/bytes.ts'
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import type { GetItem, GetOutcome } from '../../client/get/get-item.ts'
import type { IndexEntry } from '../../client/index/vault-index.ts'
import { listFolder } from '../../client/tree.ts'
import { parseLocation, parseVaultLocation, pathOf } from '../location.ts'
import type { VaultLocation } from '../location.ts'
import { hasOption } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import type { GetFile } from '../results.ts'
import { showGet } from '../show/transfer.ts'
import { landingOf } from './destination.ts'
import { fileAt, placeAt } from './find.ts'
import type { FoundPlace } from './find.ts'
import { noteDownNodes } from './nodes-note.ts'

const slash = utf8('/')

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
  const files: GetFile[] = []
  const progress = { doneBytes: 0, doneFiles: 0 }
  const show = (): void => context.output.progress({ action: 'get', ...progress })
  const works = await landings(client, request)
  await noteDownNodes(context, client)
  try {
    for (const { vault, items } of works) {
      await client.get(vault, {
        items,
        sync: hasOption(invocation, 'sync'),
        verify: hasOption(invocation, 'verify'),
        outcome: (outcome) => {
          progress.doneFiles += 1
          files.push(getFile(vault, outcome))
          show()
        },
        progress: (bytes) => {
          progress.doneBytes += bytes
          show()
        },
      })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  const seconds = (clock.monotonicMs() - startMs) / 1000
  return showGet({ files, seconds }, { interrupted: signal.aborted })
}

interface Work {
  readonly vault: string
  readonly items: Iterable<GetItem>
}

/** What goes where. Nothing but the folders above DEST is made. */
async function landings(client: Client, { sources, to }: FilesRequest): Promise<Work[]> {
  const found = client.files.statPath(to.path)
  const { inside } = landingOf({
    sources: sources.length,
    found:
      found === undefined
        ? 'nothing'
        : found.kind === 'folder' || isLinkToFolder(client, to.path)
          ? 'folder'
          : 'other',
    asFolder: to.asFolder,
    text: utf8ToText(to.path),
  })
  const works: Work[] = []
  for (const source of sources) {
    const place = await placeAt(client, source)
    const name = source.names.at(-1)
    const target = inside && name !== undefined ? joinPath(to.path, name) : trimmed(to.path)
    checkKinds(client, place, target)
    works.push({ vault: source.vault, items: itemsOf({ place, source, target }) })
  }
  makeParents(client, inside ? joinPath(to.path, utf8('x')) : to.path)
  return works
}

/** DEST itself may be reached through a link; nothing below it is. */
function isLinkToFolder(client: Client, path: Uint8Array): boolean {
  if (client.files.statPath(path)?.kind !== 'link') return false
  return client.files.statPath(joinPath(path, utf8('.')))?.kind === 'folder'
}

/** A file never goes over a folder, nor a folder over a file. */
function checkKinds(client: Client, place: FoundPlace, target: Uint8Array): void {
  const there = client.files.statPath(target)
  if (there === undefined) return
  const isFolder = place.entry === undefined || place.entry.kind === 'folder'
  const thereIsFolder = there.kind === 'folder' || isLinkToFolder(client, target)
  if (isFolder === thereIsFolder) return
  throw new HoldfastError(
    'KIND_CONFLICT',
    isFolder
      ? `Cannot write a folder to ${utf8ToText(target)}: it is a file`
      : `Cannot write a file to ${utf8ToText(target)}: it is a folder`,
  )
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
  const { clock } = context
  const startMs = clock.monotonicMs()
  const files: GetFile[] = []
  for (const source of sources) {
    const entry = await fileAt(client, source)
    await writeOut(context, client, { vault: source.vault, entry })
    const { vault, names } = source
    const sha256 = entry.sha256.toHex()
    files.push({
      vault,
      path: pathOf(names),
      to: utf8('-'),
      bytes: entry.bytes,
      sha256,
      state: 'written',
    })
  }
  return showGet({ files, seconds: (clock.monotonicMs() - startMs) / 1000 })
}

/** The whole file, or a part of it, to standard output. */
export async function writeOut(
  context: Context,
  client: Client,
  wanted: {
    readonly vault: string
    readonly entry: IndexEntry
    readonly range?: { readonly from: number; readonly to: number }
  },
): Promise<void> {
  const { vault, entry } = wanted
  const range = wanted.range ?? { from: 0, to: entry.bytes }
  await noteDownNodes(context, client)
  await client.read(vault, {
    entry,
    range,
    sink: async ({ bytes }) => {
      await context.output.data(bytes)
    },
  })
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

function makeParents(client: Client, path: Uint8Array): void {
  for (let at = path.indexOf(slash[0]!, 1); at > 0; at = path.indexOf(slash[0]!, at + 1)) {
    const parent = path.subarray(0, at)
    if (client.files.statPath(joinPath(parent, utf8('.')))?.kind === 'folder') continue
    try {
      client.files.makeFolder(parent)
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      const { code } = errorToJson(error)
      throw new HoldfastError(code, `Cannot make the folder ${utf8ToText(parent)}`, {
        cause: error,
      })
    }
  }
}

function joinPath(folder: Uint8Array, name: Uint8Array): Uint8Array {
  return concatBytes(folder.at(-1) === slash[0] ? [folder, name] : [folder, slash, name])
}

function trimmed(path: Uint8Array): Uint8Array {
  let end = path.length
  while (end > 1 && path[end - 1] === slash[0]) end -= 1
  return path.subarray(0, end)
}
