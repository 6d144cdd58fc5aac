/** One worker thread of the engine: runs the jobs it is sent, in order, over the shared memory. */

import { parentPort } from 'node:worker_threads'
import { systemRandom } from '../../base/adapters/system-random.ts'
import { assert } from '../../base/assert.ts'
import { errorToJson } from '../../base/errors.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { createKernels } from '../../core/kernels.ts'
import { Jobs } from '../engine/jobs.ts'
import { nodeFiles } from './node-files.ts'
import type { ThreadAnswer, ThreadJob, ThreadRequest, ThreadStart } from './engine-worker.ts'

const port = parentPort
if (port === null) throw new Error('This module is for worker threads')

const primitives = createNativePrimitives()
let jobs: Jobs | undefined

port.on('message', ({ id, name, job }: ThreadRequest) => {
  if (name === 'begin') jobs = begin(job as ThreadStart)
  else port.postMessage(answer(id, () => call(name, job)))
})

function begin({ memory, scratchAt }: ThreadStart): Jobs {
  return new Jobs({
    memory: new Uint8Array(memory.buffer),
    kernels: createKernels({ memory, scratchAt }),
    primitives,
    random: systemRandom,
    files: nodeFiles,
  })
}

function call(name: ThreadJob, job: unknown): unknown {
  assert(jobs, 'a thread begins before its first job')
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
