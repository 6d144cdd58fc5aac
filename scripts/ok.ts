/** `npm run ok`: types, lint, format, layers, documents. Runs all, prints what failed, exits 1 if any did. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const bin = join(root, 'node_modules', '.bin')
const checks: [name: string, command: string, args: string[]][] = [
  ['types', join(bin, 'tsc'), []],
  ['lint', join(bin, 'oxlint'), ['--type-aware', '--deny-warnings']],
  ['format', join(bin, 'oxfmt'), ['--check', '.']],
  ['layers', process.execPath, [join(root, 'scripts', 'check-layers.ts')]],
  ['documents', process.execPath, [join(root, 'scripts', 'check-docs.ts')]],
]

function run(command: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    child.stderr.on('data', (text: Buffer) => (output += text.toString()))
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

const results = await Promise.all(
  checks.map(async ([name, command, args]) => ({ name, ...(await run(command, args)) })),
)
for (const { name, code, output } of results) {
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (code !== 0) console.log(output)
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1
