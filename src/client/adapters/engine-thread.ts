/** One worker thread of the engine: runs the jobs it is sent, in order, over the shared memory. */

import { parentPort, workerData } from 'node:worker_threads'
import { systemRandom } from '../../base/adapters/system-random.ts'
import { errorToJson } from '../../base/errors.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { createKernels } from '../../core/kernels.ts'
import { Jobs } from '../engine/jobs.ts'
import { nodeFiles } from './node-files.ts'
import type { ThreadAnswer, ThreadRequest, ThreadStart } from './engine-worker.ts'

const { memory, scratchAt } = workerData as ThreadStart
const port = parentPort
if (port === null) throw new Error('This module is for worker threads')

const jobs = new Jobs({
  memory: new Uint8Array(memory.buffer),
  kernels: createKernels({ memory, scratchAt }),
  primitives: createNativePrimitives(),
  random: systemRandom,
  files: nodeFiles,
})

port.on('message', ({ id, name, job }: ThreadRequest) => {
  port.postMessage(answer(id, () => call(name, job)))
})

function call(name: ThreadRequest['name'], job: unknown): unknown {
  const method = jobs[name] as (job: unknown) => unknown
  return method.call(jobs, job)
}

function answer(id: number, run: () => unknown): ThreadAnswer {
  try {
    return { id, result: run() }
  } catch (error) {
    return { id, error: errorToJson(error) }
  }
}
