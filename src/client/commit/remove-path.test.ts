import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientGrid } from '../../testing/client/client-grid.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { samplePath } from '../../testing/client/sample-file.ts'
import { removePath } from './remove-path.ts'

test('the root cannot be removed, and a missing path is told', async () => {
  const grid = await clientGrid()
  const { committer } = await grid.client('ada')
  const remove = (path: string) =>
    removePath(committer, { path: samplePath(path), recursive: true, now: false })
  await assert.rejects(remove('/'), refusedWith('BAD_USAGE'))
  await assert.rejects(remove('/no/such'), refusedWith('NOT_FOUND'))
})
