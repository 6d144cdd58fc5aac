/** One of several threads that open a new index at the same moment: see sqlite-index.test.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { openSqliteIndex } from '../../client/adapters/sqlite-index.ts'
import { sampleEntry } from './sample-entry.ts'

const { path, gate, number } = workerData as { path: string; gate: Int32Array; number: number }
parentPort!.postMessage('ready')
Atomics.wait(gate, 0, 0)
const index = openSqliteIndex(path)
for (let at = 0; at < 20; at += 1) {
  index.transaction(() => index.putEntry(sampleEntry(number * 1000 + at)))
}
index.close()
