/**
 * `npm test [PATTERN…]`: every test, or those whose path contains a pattern, under node's own test runner.
 * System tests start real processes and need Linux with user namespaces; they fail with that sentence
 * elsewhere.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.ts'

const root = join(import.meta.dirname, '..')
const patterns = process.argv.slice(2)
const files = globSync(
  ['src', 'scripts', 'bench', 'test'].map((folder) => `${folder}/**/*.test.ts`),
  {
    cwd: root,
  },
)
  .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
  .toSorted()
if (files.length === 0) {
  console.error(`No test file contains ${patterns.join(' or ')}`)
  process.exit(2)
}

await build()
const environment = {
  ...process.env,
  NODE_COMPILE_CACHE:
    process.env['NODE_COMPILE_CACHE'] ?? join(root, 'node_modules/.cache/compile'),
}
const child = spawn(process.execPath, ['--test', '--test-concurrency=2', ...files], {
  cwd: root,
  stdio: 'inherit',
  env: environment,
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('close', (code) => (process.exitCode = code ?? 1))
