/**
 * `node scripts/build.ts`: the program in few files instead of hundreds, for reading those takes a third of the
 * time of a small command (docs/benchmarks.md). `./holdfast` calls it when a source is newer than what is built.
 *
 * Each build has a folder of its own and is put in place by one rename, so that a process that began with an
 * older one still finds all of it, and builds at the same time are each right.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'node_modules', '.cache', 'program')
const current = join(folder, 'current')
/** Processes of old builds may still start threads of them. */
const buildsKept = 8

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
  const started = new Date()
  mkdirSync(folder, { recursive: true })
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
    const stamp = join(made, 'stamp')
    writeFileSync(stamp, '')
    // What changes while it is built is newer.
    utimesSync(stamp, started, started)
    const link = `${made}.link`
    symlinkSync(basename(made), link)
    renameSync(link, current)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    throw error
  }
  removeOld()
}

function removeOld(): void {
  const builds = readdirSync(folder)
    .filter((name) => /^build-\w+$/.test(name))
    .map((name) => ({ name, madeMs: madeMs(join(folder, name)) }))
    .toSorted((a, b) => b.madeMs - a.madeMs)
  for (const { name } of builds.slice(buildsKept)) {
    rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/** Another build may have removed it by now. */
function madeMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

if (import.meta.main) await build()
