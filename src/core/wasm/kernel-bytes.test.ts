import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { buildModule, moduleFile } from '../../../scripts/build-wasm.ts'

test('the kernels checked in are those that the sources give', async () => {
  assert.equal(readFileSync(moduleFile, 'utf8'), await buildModule())
})
