import { utf8ToText } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import type { PutItem, PutOutcome } from '../../client/put/put-item.ts'
import { walk } from '../../client/put/walk.ts'
import { standardInput } from '../../client/engine/local-files.ts'
import { resolvePath } from '../../client/tree.ts'
import type { Path } from '../../client/tree.ts'
import type { Argument } from '../command.ts'
import { parseLocation, parseVaultLocation, pathOf } from '../location.ts'
import type { VaultLocation } from '../location.ts'
import { hasOption, optionNumber } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import type { PutFile } from '../results.ts'
import { showPut } from '../show/transfer.ts'
import { baseName, landingOf } from './destination.ts'
import { noteDownNodes } from './nodes-note.ts'

/** `put SRC… DEST` */
export async function put(context: Context, client: Client): Promise<Outcome> {
  const { invocation, clock, signal } = context
  const sources = invocation.operands.slice(0, -1)
  const destination = parseVaultLocation(invocation.operands.at(-1)!)
  const startMs = clock.monotonicMs()
  const files: PutFile[] = []
  const progress = new PutProgress(context)
  const places = await sourcePlaces(client, sources, destination)
  await noteDownNodes(context, client)
  const summary = { written: 0, wanted: 0 }
  try {
    const done = await client.put(destination.vault, {
      items: progress.counted(itemsOf(client, places)),
      checksum: hasOption(invocation, 'checksum'),
      minShards: optionNumber(invocation, { name: 'min-shards', least: 1, most: 32 }),
      outcome: (outcome) => {
        progress.fileDone()
        files.push(putFile(destination.vault, outcome))
      },
      progress: (bytes) => progress.read(bytes),
    })
    Object.assign(summary, done)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  const seconds = (clock.monotonicMs() - startMs) / 1000
  return showPut({ files, shards: summary, seconds }, { interrupted: signal.aborted })
}

interface SourcePlace {
  readonly source: Argument
  /** Undefined for standard input. */
  readonly path: Uint8Array | undefined
  readonly to: Path
}

/** Where each source goes. Nothing is read or changed yet. */
async function sourcePlaces(
  client: Client,
  sources: readonly Argument[],
  destination: VaultLocation,
): Promise<SourcePlace[]> {
  const { feed, vault } = await client.vault(destination.vault)
  const found = resolvePath(feed.index, { vault: vault.vault, path: destination.names })
  const state =
    found.kind === 'root' || found.kind === 'folder'
      ? 'folder'
      : found.kind === 'missing'
        ? 'nothing'
        : 'other'
  const { inside } = landingOf({
    sources: sources.length,
    found: state,
    asFolder: destination.asFolder,
    text: `${destination.vault}:${utf8ToText(pathOf(destination.names))}`,
  })
  return sources.map((source) => sourcePlace(source, { inside, names: destination.names }))
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
    if (!to.inside) return { source, path: undefined, to: to.names }
    throw new HoldfastError('BAD_USAGE', 'Standard input has no name of its own', {
      hint: 'Name a file as DEST, as in holdfast put - home:/notes.txt',
    })
  }
  const name = baseName(location.path)
  // `.`, `..` and `/` have no name of their own: what is in them lands in DEST.
  const names = to.inside && name !== undefined ? [...to.names, name] : to.names
  return { source, path: location.path, to: names }
}

function* itemsOf(client: Client, places: readonly SourcePlace[]): Generator<PutItem> {
  for (const { path, to } of places) {
    if (path === undefined) yield { kind: 'input', handle: standardInput, to }
    else yield* walk(client.files, { path, to })
  }
}

function putFile(vault: string, outcome: PutOutcome): PutFile {
  const path = pathOf(outcome.to)
  if ('error' in outcome) {
    const { state, error } = outcome
    return { vault, path, state, bytes: 0, newBytes: 0, error }
  }
  const { state, bytes, version, sha256, newBytes } = outcome
  return { vault, path, state, bytes, version, sha256: sha256.toHex(), newBytes }
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
