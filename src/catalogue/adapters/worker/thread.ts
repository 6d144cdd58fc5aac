/** The catalogue's own thread: opens the database it is told, answers calls, ends when asked to close. */
import { randomBytes } from 'node:crypto'
import { receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { createNativePrimitives } from '../../../core/adapters/native-primitives.ts'
import type { Catalogue } from '../../catalogue.ts'
import { openSqliteDatabase } from '../sqlite/database.ts'
import { openCatalogue } from '../sqlite/open.ts'
import {
  failureToJson,
  type AnswerMessage,
  type CallMessage,
  type WorkerMessage,
} from './messages.ts'
import { packMessage } from './slab.ts'

export interface ThreadStart {
  readonly path: string
  readonly port: MessagePort
  /** One float64: ms to add to the system's time. */
  readonly clockShift: SharedArrayBuffer | undefined
}

const { path, port, clockShift } = workerData as ThreadStart

function send(message: WorkerMessage): void {
  const packed = packMessage(message)
  port.postMessage(packed.message, [packed.slab])
}

const shift = new Float64Array(clockShift ?? new SharedArrayBuffer(8))
const systemClock = {
  nowMs: () => Date.now() + shift[0]!,
  monotonicMs: () => performance.now(),
  timer(): never {
    throw new Error('The catalogue waits for no timer')
  },
}

async function start(): Promise<void> {
  const database = openSqliteDatabase(path)
  const parts = {
    clock: systemClock,
    random: { bytes: (count: number) => new Uint8Array(randomBytes(count)) },
    primitives: createNativePrimitives(),
  }
  // Calls that came while a batch ran all join the next one.
  const arrivals = (): void => {
    let next = receiveMessageOnPort(port)
    while (next !== undefined) {
      take(next.message as CallMessage)
      next = receiveMessageOnPort(port)
    }
  }
  const { catalogue } = await openCatalogue(database, parts, arrivals)
  const take = (message: CallMessage): void => void serve(message)
  const serve = async (message: CallMessage): Promise<void> => {
    send(await answer(catalogue, message))
    if (message.method !== 'close') return
    database.close()
    port.close()
  }
  port.on('message', take)
  send({ kind: 'ready' })
}

async function answer(
  catalogue: Catalogue,
  { call, method, args }: CallMessage,
): Promise<AnswerMessage> {
  try {
    const run = catalogue[method] as (...values: readonly unknown[]) => Promise<unknown>
    return { kind: 'answer', call, answer: await run.apply(catalogue, args as unknown[]) }
  } catch (error) {
    return { kind: 'error', call, error: failureToJson(error) }
  }
}

start().catch((error: unknown) => {
  send({ kind: 'failed', error: failureToJson(error) })
  port.close()
})
