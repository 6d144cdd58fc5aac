/**
 * `node scripts/build.ts`: the program in few files instead of hundreds, for reading those takes a third of the
 * time of a small command (docs/benchmarks.md). Does nothing when what is built is newer than the sources;
 * `./holdfast` calls it when it is not.
 *
 * One builds at a time. Each build has a folder of its own and is put in place by one rename, so that a process
 * that began with an older one still finds all of it.
 */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { lockForProcess, type ProcessLock } from '../src/base/adapters/process-lock.ts'
import { sqliteCode, sqliteCodes } from '../src/base/adapters/sqlite-code.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist')
const current = join(folder, 'current')
const sources = ['bin', 'src', 'scripts/build.ts', 'package.json']
/** Processes of old builds may still start threads of them. */
const buildsKept = 8
const youngMs = 3_600_000

/** What `./holdfast` runs. */
export const programFile = join(current, 'holdfast.js')

/** Threads have files of their own, found beside the module that starts them by the same relative name. */
const entries = {
  holdfast: 'bin/holdfast.ts',
  'engine-thread': 'src/client/adapters/engine-thread.ts',
  'worker/thread': 'src/catalogue/adapters/worker/thread.ts',
}
/** Their machine code, or WebAssembly, stays where it is. */
const external = [/^node:/, '@napi-rs/blake-hash', '@serenity-kit/opaque']

export async function build(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const lock = await turn()
  try {
    if (!isStale()) return
    await buildNow()
    removeOld()
  } finally {
    lock.release()
  }
}

async function turn(): Promise<ProcessLock> {
  for (;;) {
    try {
      return lockForProcess(join(folder, 'lock'))
    } catch (error) {
      if (sqliteCode(error) !== sqliteCodes.busy) throw error
      await wait(20)
    }
  }
}

/** By the time of the last change of any kind, which nobody can set. */
function isStale(): boolean {
  const stamp = statSync(join(current, 'stamp'), { throwIfNoEntry: false })
  if (stamp === undefined) return true
  const isNewer = (path: string): boolean => statSync(join(root, path)).ctimeMs > stamp.mtimeMs
  return sources.some(
    (path) => isNewer(path) || globSync(`${path}/**`, { cwd: root }).some(isNewer),
  )
}

async function buildNow(): Promise<void> {
  const started = new Date()
  const made = mkdtempSync(join(folder, 'build-'))
  try {
    const { rolldown } = await import('rolldown')
    const bundle = await rolldown({ input: entries, external, cwd: root, platform: 'node' })
    await bundle.write({
      dir: made,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
    })
    await bundle.close()
    chmodSync(made, 0o755)
    // Otherwise Node looks at each file to find that out.
    writeFileSync(join(made, 'package.json'), '{ "type": "module" }')
    // What changes while it is built is newer.
    writeFileSync(join(made, 'stamp'), '')
    utimesSync(join(made, 'stamp'), started, started)
    syncAll(made)
    const link = join(folder, 'next')
    rmSync(link, { force: true })
    symlinkSync(basename(made), link)
    renameSync(link, current)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    throw error
  }
}

/** A file that is empty after a power cut would run, and do nothing. */
function syncAll(made: string): void {
  for (const name of ['.', ...globSync('**', { cwd: made })]) {
    const file = openSync(join(made, name), 'r')
    fsyncSync(file)
    closeSync(file)
  }
}

/** What is not there any more, or cannot be removed, does not matter. */
function removeOld(): void {
  const builds = readdirSync(folder)
    .filter((name) => name.startsWith('build-') && name !== readlinkSync(current))
    .map((name) => ({ name, madeMs: statSync(join(folder, name)).mtimeMs }))
    .toSorted((a, b) => b.madeMs - a.madeMs)
    .slice(buildsKept)
    .filter(({ madeMs }) => Date.now() - madeMs > youngMs)
  for (const { name } of builds) {
    try {
      rmSync(join(folder, name), { recursive: true, force: true })
    } catch {
      // Next time
    }
  }
}

if (import.meta.main) {
  process.umask(0o022)
  try {
    await build()
  } catch (error) {
    console.error(`holdfast: running from the sources, for building failed: ${String(error)}`)
    process.exitCode = 1
  }
}
