import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientGrid } from '../testing/client/client-grid.ts'
import { sampleId } from '../testing/client/sample-entry.ts'
import { sampleFile } from '../testing/client/sample-file.ts'
import { healthOf } from './version-health.ts'

test('health is asked in slices and told in order', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const { feed } = ada.committer
  const versions: string[] = []
  for (const path of ['/a', '/b']) {
    const file = sampleFile(grid, ada, { path, text: path })
    await ada.committer.submit(file)
    versions.push(file.version)
  }
  const strangers = Array.from({ length: 700 }, (_, at) => sampleId(at + 1))
  const wanted = [versions[0]!, ...strangers, versions[1]!]
  const health = await healthOf(ada.session, { vault: feed.vault, versions: wanted })
  assert.equal(health.length, wanted.length)
  assert.notEqual(health[0], undefined)
  assert.equal(health[0], health.at(-1))
  assert.ok(health.slice(1, -1).every((each) => each === undefined))
})
