/** Which modules a module loads, directly and by others, read from the sources. */
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../../..')

export interface ModuleGraph {
  /** Paths from the root of the repository, sorted. */
  readonly modules: readonly string[]
  /** Modules of node and packages, sorted. */
  readonly outside: readonly string[]
}

/** Types are no modules: what is imported as a type only is left out. */
export function moduleGraph(entries: readonly string[]): ModuleGraph {
  const modules = new Set<string>()
  const outside = new Set<string>()
  const waiting = entries.map((entry) => join(root, entry))
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const path = relative(root, file)
    if (modules.has(path)) continue
    modules.add(path)
    for (const name of importsOf(readFileSync(file, 'utf8'))) {
      if (name.startsWith('.')) waiting.push(join(dirname(file), name))
      else outside.add(name)
    }
  }
  return { modules: [...modules].toSorted(), outside: [...outside].toSorted() }
}

const statement = /^\s*(?:import|export)\s+(?!type\s)(?:[^'"]*?\sfrom\s+)?'([^']+)'/gm
const call = /\bimport\(\s*'([^']+)'/g

function importsOf(source: string): string[] {
  return [statement, call].flatMap((pattern) =>
    [...source.matchAll(pattern)].map((found) => found[1]!),
  )
}
