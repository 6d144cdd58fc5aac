/** The client as a library in this process, wired as the commands wire it. */
import { commandWorld } from '../../bin/client-world.ts'
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { utf8 } from '../../src/base/bytes.ts'
import { readText } from '../../src/cli/adapters/home-folder.ts'
import { homePaths } from '../../src/cli/home.ts'
import type { GridFile } from '../../src/cli/home.ts'
import { createThreadsEngine } from '../../src/client/adapters/threads-engine.ts'
import { Client } from '../../src/client/client.ts'
import type { ClientParts } from '../../src/client/client.ts'
import type { IndexEntry } from '../../src/client/index/vault-index.ts'
import { walk } from '../../src/client/put/walk.ts'
import { parsePath } from '../../src/client/tree/path.ts'
import { resolvePath } from '../../src/client/tree/resolve-path.ts'
import { loadSettings } from '../../src/config/load.ts'

export interface LibraryOptions {
  /** Of the engine; as many as the commands take unless told. */
  readonly threads?: number
}

/** For the account that is logged in at this home. */
export function openLibrary(home: string, { threads }: LibraryOptions = {}): Client {
  const parts = partsOf(home)
  if (threads === undefined) return Client.open(parts, {})
  const { primitives } = parts
  const engine: ClientParts['engine'] = (slotBytes) =>
    createThreadsEngine({ threads, slotBytes, primitives, random: systemRandom })
  return Client.open({ ...parts, engine }, {})
}

function partsOf(root: string): ClientParts {
  const home = homePaths(root)
  const file = readText(home.config)
  const grid = JSON.parse(readText(home.grid) ?? '{}') as Partial<GridFile>
  const loaded = loadSettings({
    file: file === undefined ? undefined : { name: home.config, text: file },
    environment: {},
    home: Object.fromEntries(
      Object.entries(grid).map(([name, value]) => [`client.${name}`, value]),
    ),
  })
  return commandWorld({ ...loaded, home, configFile: undefined }).parts
}

/** Stores a local file at a path of a vault. */
export async function putFile(
  client: Client,
  { vault, from, to }: { readonly vault: string; readonly from: string; readonly to: string },
): Promise<void> {
  await client.put(vault, {
    items: walk(client.files, { path: utf8(from), to: parsePath(utf8(to)) }),
    outcome: (outcome) => {
      if (outcome.state !== 'stored') throw new Error(`${from} was ${outcome.state}, not stored`)
    },
  })
}

/** Reads a whole file and forgets it. */
export async function readFile(client: Client, vault: string, path: string): Promise<void> {
  const { feed, vault: opened } = await client.vault(vault)
  await feed.catchUp()
  const found = resolvePath(feed.index, { vault: opened.vault, path: parsePath(utf8(path)) })
  if (found.kind !== 'file') throw new Error(`${path} is a ${found.kind}, not a file`)
  await client.read(vault, { entry: found.entry, range: wholeOf(found.entry), sink: drop })
}

function wholeOf({ bytes }: IndexEntry): { from: number; to: number } {
  return { from: 0, to: bytes }
}

function drop(): Promise<void> {
  return Promise.resolve()
}
