/**
 * Compares documents with the code they describe: error codes, limits, layers. Prints one line for each
 * difference.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorKinds } from '../src/base/errors.ts'
import { limits } from '../src/base/limits.ts'
import { layers } from './check-layers.ts'

const root = join(import.meta.dirname, '..')

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** First cells of a table's rows, written as code. */
function rowNames(file: string, pattern: RegExp): Set<string> {
  return new Set([...read(file).matchAll(pattern)].map(([, name = '']) => name))
}

function compare(file: string, documented: Set<string>, actual: readonly string[]): string[] {
  const missing = actual.filter((name) => !documented.has(name))
  const extra = [...documented].filter((name) => !actual.includes(name))
  return [
    ...missing.map((name) => `${file}: ${name} is missing`),
    ...extra.map((name) => `${file}: ${name} is not in the code`),
  ]
}

function checkLayerTable(): string[] {
  const text = read('ARCHITECTURE.md')
  return Object.entries(layers)
    .map(
      ([layer, sees]) =>
        `| \`${layer}\` | ${sees === '' ? 'nothing' : sees.split(' ').join(', ')} |`,
    )
    .filter((row) => !text.includes(row))
    .map((row) => `ARCHITECTURE.md: the layer table lacks the row ${row}`)
}

const differences = [
  ...compare(
    'docs/errors.md',
    rowNames('docs/errors.md', /^\| `([A-Z_]+)` \|/gm),
    Object.keys(errorKinds),
  ),
  ...compare('docs/limits.md', rowNames('docs/limits.md', /^\| `(\w+)` \|/gm), Object.keys(limits)),
  ...checkLayerTable(),
]
for (const line of differences) console.error(line)
if (differences.length > 0) process.exitCode = 1
