/**
 * `node scripts/build-wasm.ts`: compiles src/core/wasm/assembly and writes the bytes as the module that the
 * core loads. The kernels twice, as WebAssembly fixes whether an imported memory is shared; the hash of small
 * texts apart.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')
const sourceFolder = join(root, 'src', 'core', 'wasm', 'assembly')
const compiler = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
export const moduleFile = join(root, 'src', 'core', 'wasm', 'kernel-bytes.ts')

const common = (
  '--runtime stub --noAssert -O3 --importMemory --initialMemory 1 ' +
  '--enable simd --enable relaxed-simd'
).split(' ')
const shared = ['--sharedMemory', '--maximumMemory', '65536', '--enable', 'threads']
const head =
  '/** Made by scripts/build-wasm.ts from assembly/, which a test repeats: never edit. */\n\n'

async function compile(
  target: string,
  build: { readonly entry: string; readonly options: readonly string[] },
): Promise<string> {
  const compilation = [compiler, build.entry, '-o', target, ...build.options]
  await promisify(execFile)(process.execPath, compilation, { cwd: sourceFolder })
  return readFileSync(target).toString('base64')
}

/** Text of the module that holds all builds. */
export async function buildModule(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-kernels-'))
  try {
    const builds = await Promise.all([
      compile(join(folder, 'own.wasm'), { entry: 'index.ts', options: common }),
      compile(join(folder, 'shared.wasm'), { entry: 'index.ts', options: [...common, ...shared] }),
      compile(join(folder, 'hash.wasm'), { entry: 'hash.ts', options: common }),
    ])
    const constants = ['ownMemoryBytes', 'sharedMemoryBytes', 'smallHashBytes'].map(
      (name, at) => `export const ${name} =\n  '${builds[at]}'\n`,
    )
    return head + constants.join('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) writeFileSync(moduleFile, await buildModule())
