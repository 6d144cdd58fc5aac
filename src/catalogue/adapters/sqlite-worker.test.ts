import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, it } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { catalogueConformance } from '../../testing/conformance/catalogue.ts'
import {
  temporaryFolder,
  workerHarness,
} from '../../testing/conformance/catalogue/sqlite-harness.ts'
import { openSqliteCatalogue } from './sqlite-worker.ts'

catalogueConformance('SQLite, in a thread', workerHarness, { shared: true })

const folder = temporaryFolder()
after(() => folder.remove())

/** Opens a catalogue, and gives its thread too. */
async function opened(name: string, onLost: (error: Error) => void) {
  const started = new Promise<Worker>((resolve) => process.once('worker', resolve))
  const catalogue = await openSqliteCatalogue(join(folder.path, name), { onLost })
  return { catalogue, thread: await started }
}

it('says when its thread ended unasked, and fails what waits', async () => {
  const lost = Promise.withResolvers<Error>()
  const { catalogue, thread } = await opened('lost.db', lost.resolve)
  const waiting = catalogue.grid()
  await thread.terminate()
  await assert.rejects(waiting)
  await lost.promise
  await assert.rejects(catalogue.grid())
  await catalogue.close()
})

it('is not lost when it is closed', async () => {
  const { catalogue } = await opened('closed.db', () => assert.fail('lost'))
  await catalogue.close()
})
