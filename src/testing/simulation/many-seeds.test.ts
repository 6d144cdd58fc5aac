import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const seeds = 30

await test(`every invariant holds in ${seeds} simulated worlds`, async () => {
  const program = join(import.meta.dirname, 'main.ts')
  const running = spawn(process.execPath, [program, '--seeds', String(seeds)])
  let output = ''
  for (const stream of [running.stdout, running.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const code = await new Promise((resolve) => running.on('close', resolve))
  assert.equal(code, 0, output)
})
