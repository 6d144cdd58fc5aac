/**
 * `node scripts/try-fresh-clone.ts [MAJOR…]`: whether a fresh clone of what is committed here installs itself and
 * runs, on the Node that is first on the PATH and on each major version named (by default 22 and 24), which come
 * from npm. Needs the registry, and so is no part of `npm test`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'holdfast-clone-'))
const majors = process.argv.slice(2)
const tailLines = 12

/** One line of the table that is printed. */
interface Attempt {
  readonly what: string
  readonly ok: boolean
  readonly seconds: number
}

const attempts: Attempt[] = []

interface Finished {
  readonly exit: number | null
  readonly output: string
}

/** A PATH without this checkout's own Node, on which `node` comes first if there is one. */
function environmentWith(node?: string): NodeJS.ProcessEnv {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((part) => !part.includes('node_modules'))
  const { PATH: _path, NODE_COMPILE_CACHE: _cache, ...others } = process.env
  const kept = Object.entries(others).filter(([name]) => !name.startsWith('npm_'))
  return {
    ...Object.fromEntries(kept),
    PATH: [...(node ? [dirname(node)] : []), ...path].join(delimiter),
  }
}

function run(line: readonly string[], options: { cwd: string; node?: string }): Promise<Finished> {
  const [command = '', ...words] = line
  return new Promise((resolve) => {
    const child = spawn(command, words, {
      cwd: options.cwd,
      env: environmentWith(options.node),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    child.stderr.on('data', (text: Buffer) => (output += text.toString()))
    child.on('error', (error) => resolve({ exit: -1, output: error.message }))
    child.on('close', (exit) => resolve({ exit, output }))
  })
}

/** Notes whether all of them ended well. */
async function attempt(what: string, runs: readonly Promise<Finished>[]): Promise<boolean> {
  const startMs = performance.now()
  const finished = await Promise.all(runs)
  const ok = finished.every(({ exit }) => exit === 0)
  attempts.push({ what, ok, seconds: (performance.now() - startMs) / 1000 })
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}`)
  if (!ok) {
    for (const { exit, output } of finished) {
      console.log(`ended with ${exit}\n${output.split('\n').slice(-tailLines).join('\n')}`)
    }
  }
  return ok
}

function cloneInto(name: string): string {
  const place = join(folder, name)
  const { status, stderr } = spawnSync('git', ['clone', '--quiet', root, place], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`git clone: ${stderr}`)
  return place
}

/** A Node of this major version, from npm; undefined when it is not to be had. */
async function nodeOf(major: string): Promise<string | undefined> {
  const cwd = join(folder, `node ${major}`)
  mkdirSync(cwd)
  const name = `node-${process.platform}-${process.arch}`
  const install = ['npm', 'install', '--silent', '--no-save', '--prefix', cwd, `${name}@${major}`]
  if (!(await attempt(`Node ${major} from npm`, [run(install, { cwd })]))) return undefined
  const node = join(cwd, 'node_modules', name, 'bin', 'node')
  return existsSync(node) ? node : undefined
}

async function tryOn(node: string | undefined, called: string): Promise<void> {
  const cwd = cloneInto(`clone on ${called}`)
  const on = node ? { cwd, node } : { cwd }
  await attempt(`${called}: ./holdfast --version, twice at once, as the first commands`, [
    run(['./holdfast', '--version'], on),
    run(['./holdfast', '--version'], on),
  ])
  await attempt(`${called}: npm run ok`, [run(['npm', 'run', 'ok'], on)])
  await attempt(`${called}: npm test of a few`, [run(['npm', 'test', 'src/base'], on)])
  await attempt(`${called}: npm run demo`, [run(['npm', 'run', 'demo'], on)])
}

async function tryPlaces(): Promise<void> {
  const cwd = cloneInto(`it's an "odd" näme $HOME`)
  await attempt('an odd path', [run(['./holdfast', '--version'], { cwd })])
  const readOnly = `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && "$1/holdfast" --version`
  const line = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', readOnly, 'sh', cwd]
  await attempt('a read-only checkout', [run(line, { cwd })])
}

try {
  const system = spawnSync('node', ['--version'], { encoding: 'utf8', env: environmentWith() })
  await tryOn(undefined, `Node ${system.stdout.trim().replace(/^v/, '')} of the system`)
  for (const major of majors.length > 0 ? majors : ['22', '24']) {
    const node = await nodeOf(major)
    if (node) await tryOn(node, `Node ${major}`)
  }
  await tryPlaces()
  console.log('')
  for (const { what, ok, seconds } of attempts) {
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${seconds.toFixed(1).padStart(6)} s  ${what}`)
  }
  process.exitCode = attempts.every(({ ok }) => ok) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
