/** A grid laid out by configuration files, as over several machines, each node behind a link of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'
import { Grid, program, readyLine, startServer } from './grid.ts'
import type { Scratch } from './scratch.ts'

const host = '127.0.0.1'
const names = ['n1', 'n2', 'n3', 'n4']
const linkProgram = join(import.meta.dirname, 'link-process.ts')

interface Layout {
  readonly scratch: Scratch
  readonly home: string
  /** Of the configuration files. */
  readonly folder: string
  /** Coordinator, then nodes, then links. */
  readonly port: number
  /** Of each link, in each direction; without it there are none. */
  readonly bytesPerSecond: number | undefined
}

/** Four nodes, an account `bench`, its vault `home`. */
export async function startLinkedGrid(
  scratch: Scratch,
  bytesPerSecond: number | undefined,
): Promise<Grid> {
  const layout = {
    scratch,
    home: scratch.diskFolder('linked'),
    folder: scratch.memoryFolder('configuration'),
    port: await scratch.ports(1 + 2 * names.length),
    bytesPerSecond,
  }
  const coordinatorIdentity = await identityOf(layout, ['coordinator'])
  const identities = await nodeIdentities(layout, coordinatorIdentity)
  const links = await startLinks(layout)
  const coordinator = await startCoordinator(layout, identities)
  const nodes = await Promise.all(
    names.map(async (name) => {
      const node = startServer(scratch, [
        'node',
        '--home',
        layout.home,
        '--config',
        file(layout, name),
      ])
      await readyLine(node)
      return node
    }),
  )
  const servers = [coordinator, ...nodes].map(({ pid }, at) => ({
    name: at === 0 ? 'coordinator' : names[at - 1]!,
    pid: pid!,
  }))
  const grid = new Grid(scratch, {
    home: layout.home,
    servers,
    children: [...nodes, coordinator, ...links],
  })
  await signUp(grid, { address: address(layout, 0), coordinatorIdentity })
  return grid
}

/** Address of the coordinator, of a node, or of a link, by its place. */
function address({ port }: Layout, place: number): string {
  return `${host}:${port + place}`
}

function file({ folder }: Layout, name: string): string {
  return join(folder, `${name}.toml`)
}

async function nodeIdentities(layout: Layout, coordinatorIdentity: string): Promise<string[]> {
  mkdirSync(join(layout.home, 'nodes'), { recursive: true })
  return await Promise.all(
    names.map((name, at) => {
      writeFileSync(
        file(layout, name),
        tomlText('[node]', {
          name,
          listen: address(layout, 1 + at),
          coordinator: address(layout, 0),
          coordinatorIdentity,
        }),
      )
      return identityOf(layout, ['node', '--config', file(layout, name)])
    }),
  )
}

async function identityOf({ scratch, home }: Layout, line: readonly string[]): Promise<string> {
  const printed = await run(scratch, { program, line: [...line, '--identity', '--home', home] })
  return printed.trim()
}

async function startLinks(layout: Layout): Promise<ChildProcess[]> {
  const { scratch, bytesPerSecond, port } = layout
  if (bytesPerSecond === undefined) return []
  const pairs = names.map((_, at) => `${port + 1 + names.length + at}:${port + 1 + at}`)
  const links = scratch.own(
    spawn(process.execPath, [linkProgram, String(bytesPerSecond), ...pairs], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  await readyLine(links)
  return [links]
}

async function startCoordinator(
  layout: Layout,
  identities: readonly string[],
): Promise<ChildProcess> {
  const isLinked = layout.bytesPerSecond !== undefined
  const rows = names.map((name, at) =>
    tomlText('[[coordinator.nodes]]', {
      name,
      address: address(layout, 1 + at + (isLinked ? names.length : 0)),
      identity: identities[at]!,
    }),
  )
  const config = file(layout, 'coordinator')
  writeFileSync(config, tomlText('[coordinator]', { listen: address(layout, 0) }) + rows.join(''))
  const line = ['coordinator', '--home', layout.home, '--config', config]
  const coordinator = startServer(layout.scratch, line)
  await readyLine(coordinator)
  return coordinator
}

async function signUp(
  grid: Grid,
  at: { readonly address: string; readonly coordinatorIdentity: string },
): Promise<void> {
  const { address: coordinator, coordinatorIdentity } = at
  writeFileSync(
    join(grid.home, 'config.toml'),
    tomlText('[client]', { coordinator, coordinatorIdentity }),
  )
  const environment = { HOLDFAST_PASSWORD: 'only for this measurement' }
  await grid.run(['signup', 'bench'], { environment })
}

function tomlText(section: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  return `${section}\n${lines.join('\n')}\n\n`
}
