/**
 * Holds who may import whom: the table below, which ARCHITECTURE.md shows too (compared by check-docs).
 * Prints one line for each import that breaks it. `node:` modules and packages with native code belong in
 * `adapters/` folders and in programs.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const layers: Readonly<Record<string, string>> = {
  base: '',
  core: 'base',
  blocks: 'base core',
  catalogue: 'base core',
  config: 'base',
  wire: 'base core',
  node: 'base core blocks wire',
  coordinator: 'base core catalogue wire',
  client: 'base core wire',
  cli: 'base core client config wire',
}
const nativePackages = ['@napi-rs/', '@serenity-kit/', '@hpke/', 'kysely/']
const outer = /^(bin|scripts|bench|test)\/|^src\/testing\/|\.test\.ts$/
const specifiers = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g

/** Why `file` may not import `target`; undefined when it may. */
function complaint(file: string, target: string): string | undefined {
  if (outer.test(file)) return undefined
  const inAdapter = file.includes('/adapters/')
  if (!target.startsWith('.')) return packageComplaint(target, inAdapter)
  const path = join(dirname(file), target)
  if (outer.test(path)) return `${path} is not for product code`
  if (path.includes('/adapters/') && !inAdapter) return `${path} is for bin/ to choose`
  const [from = '', to = ''] = [file, path].map((place) => place.split('/')[1])
  const allowed = layers[from]
  if (allowed === undefined) return `src/${from} has no row in the table`
  return from === to || allowed.split(' ').includes(to) ? undefined : `${from} may not import ${to}`
}

function packageComplaint(target: string, inAdapter: boolean): string | undefined {
  if (inAdapter) return undefined
  const native = nativePackages.some((start) => target.startsWith(start))
  return native || target.startsWith('node:')
    ? `${target} is for adapters/ and bin/ only`
    : undefined
}

/** All complaints of the tree at `root`. */
function checkLayers(root: string): string[] {
  const complaints: string[] = []
  for (const file of globSync(['src/**/*.ts', 'bin/**/*.ts'], { cwd: root })) {
    if (file.includes('/assembly/')) continue
    for (const [, target = ''] of readFileSync(join(root, file), 'utf8').matchAll(specifiers)) {
      const reason = complaint(file, target)
      if (reason) complaints.push(`${file}: cannot import "${target}": ${reason}`)
    }
  }
  return complaints
}

if (import.meta.main) {
  const complaints = checkLayers(join(import.meta.dirname, '..'))
  for (const line of complaints) console.error(line)
  if (complaints.length > 0) process.exitCode = 1
}
