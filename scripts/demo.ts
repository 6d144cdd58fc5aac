/**
 * `npm run demo`: the main job from end to end, with real processes in a scratch folder. Starts a grid, stores
 * a folder, kills two of four nodes for good, fetches every byte, brings the nodes back, and waits until
 * everything is complete again. Exits 0 when all of it went right.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-'))
const home = join(folder, 'home')
const MiB = 1024 * 1024
const completeWithinMs = 30_000
const running = new Set<ChildProcess>()
/** Rebuilding begins after a second here, not after fifteen. */
const environment = { ...process.env, HOLDFAST_COORDINATOR_REPAIR_GRACE: '1s' }

interface Ready {
  readonly nodes: readonly { readonly name: string; readonly pid: number }[]
}

interface Status {
  readonly nodes: readonly { readonly name: string; readonly state: string }[]
  readonly vaults: readonly {
    readonly complete: number
    readonly degraded: number
    readonly unknown: number
    readonly lost: number
  }[]
}

function say(text: string): void {
  console.log(`\n\u{2500}\u{2500} ${text}`)
}

function start(line: readonly string[], out: 'inherit' | 'pipe'): ChildProcess {
  const child = spawn(join(root, 'holdfast'), ['--home', home, ...line], {
    env: environment,
    stdio: ['ignore', out, 'inherit'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

/** Runs a command and shows it; resolves to its exit code. */
function run(...line: readonly string[]): Promise<number> {
  console.log(`$ holdfast ${line.join(' ').replaceAll(folder, '.')}`)
  return new Promise((resolve) => {
    start(line, 'inherit').once('close', (code) => resolve(code ?? 1))
  })
}

async function must(...line: readonly string[]): Promise<void> {
  const exit = await run(...line)
  if (exit !== 0) throw new Error(`holdfast ${line[0]} ended with ${exit}`)
}

async function status(): Promise<Status> {
  const child = start(['status', '--json', '--quiet'], 'pipe')
  let text = ''
  for await (const block of child.stdout!) text += String(block)
  return JSON.parse(text) as Status
}

/** Resolves with the first JSON line: that the program is ready. */
function firstLine(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', (text) =>
      resolve(JSON.parse(text) as Ready),
    )
    child.once('close', (code) => reject(new Error(`It ended with ${code} before it was ready`)))
  })
}

/** `--coordinator-port` and `--base-port` that nobody uses. */
async function freePorts(): Promise<string[]> {
  for (;;) {
    const first = 12_000 + Math.floor(Math.random() * 18_000)
    const free = await Promise.all([0, 1, 2, 3, 4].map((at) => isFree(first + at)))
    if (free.every(Boolean)) {
      return ['--coordinator-port', String(first), '--base-port', String(first + 1)]
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const block of createReadStream(file)) hash.update(block as Buffer)
  return hash.digest('hex')
}

/** Throws unless the fetched files are, byte for byte, those that were stored. */
async function compare(names: readonly string[], fetched: string): Promise<void> {
  for (const name of names) {
    const [before, after] = await Promise.all([
      sha256(join(folder, 'files', name)),
      sha256(join(folder, fetched, name)),
    ])
    if (before !== after) throw new Error(`${name} is not what was stored`)
    console.log(`same  ${after.slice(0, 16)}…  ${JSON.stringify(name)}`)
  }
}

function makeFiles(): string[] {
  const files = join(folder, 'files')
  mkdirSync(files)
  const contents: [name: string, content: Uint8Array | string][] = [
    ['video.bin', randomBytes(24 * MiB)],
    ['notes.txt', 'Nobody else can read this.\n'],
    ['empty', ''],
    ["it's an odd\nname", randomBytes(70_000)],
  ]
  for (const [name, content] of contents) writeFileSync(join(files, name), content)
  return contents.map(([name]) => name)
}

async function allComplete(): Promise<void> {
  const endMs = performance.now() + completeWithinMs
  for (;;) {
    const { nodes, vaults } = await status()
    const up = nodes.every(({ state }) => state === 'up')
    const healed = vaults.every(({ degraded, unknown, lost }) => degraded + unknown + lost === 0)
    if (up && healed) return
    if (performance.now() > endMs) throw new Error('Not complete again after 30 s')
    await wait(300)
  }
}

async function story(): Promise<void> {
  const names = makeFiles()
  say('A grid on this machine: one coordinator, four nodes, each a process of its own')
  const grid = start(['up', '--json', '--no-restart', ...(await freePorts())], 'pipe')
  const { nodes } = await firstLine(grid)
  console.log(nodes.map(({ name, pid }) => `${name} is process ${pid}`).join('\n'))

  say('Store a folder: encrypted here, any two of four shards suffice to read it')
  await must('put', join(folder, 'files'), 'home:/files')
  await must('ls', '-l', 'home:/files')

  say('Kill two of the four nodes, for good')
  const victims = [nodes[1]!, nodes[3]!]
  for (const { name, pid } of victims) {
    process.kill(pid, 'SIGKILL')
    console.log(`killed ${name}`)
  }
  await wait(3000)
  await must('status')

  say('Fetch everything all the same, and compare')
  await must('get', 'home:/files', join(folder, 'fetched'))
  await compare(names, 'fetched')

  say('Storing more says that a further loss would not be survived, and goes on when told to')
  writeFileSync(join(folder, 'files', 'later.bin'), randomBytes(5 * MiB))
  const refused = await run('put', join(folder, 'files', 'later.bin'), 'home:/files/')
  if (refused !== 7) throw new Error(`A put with two nodes down ended with ${refused}, not 7`)
  await must('put', '--min-shards', '2', join(folder, 'files', 'later.bin'), 'home:/files/')

  say('Bring the two nodes back: what they missed is rebuilt by itself')
  for (const { name } of victims) {
    await firstLine(
      start(['node', '--json', '--config', join(home, 'nodes', name, 'config.toml')], 'pipe'),
    )
    console.log(`${name} is back`)
  }
  await allComplete()
  await must('status')
  await must('get', 'home:/files', join(folder, 'again'))
  await compare([...names, 'later.bin'], 'again')
  say('Everything is complete again')
}

async function clear(): Promise<void> {
  const all = [...running]
  const ended = all.map((child) => new Promise((resolve) => child.once('close', resolve)))
  for (const child of all) child.kill('SIGTERM')
  const patience = setTimeout(() => all.forEach((child) => child.kill('SIGKILL')), 5000)
  await Promise.all(ended)
  clearTimeout(patience)
  rmSync(folder, { recursive: true, force: true })
}

const startMs = performance.now()
process.once('SIGINT', () => void clear().then(() => process.exit(130)))
try {
  await story()
  console.log(`All of it in ${Math.round((performance.now() - startMs) / 1000)} s.`)
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await clear()
}
