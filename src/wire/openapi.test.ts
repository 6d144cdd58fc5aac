import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openApiDocument } from './openapi.ts'

await test('docs/openapi.json is what scripts/openapi.ts writes', () => {
  const file = new URL('../../docs/openapi.json', import.meta.url)
  const kept: unknown = JSON.parse(readFileSync(file, 'utf8'))
  assert.deepEqual(kept, JSON.parse(JSON.stringify(openApiDocument())))
})
