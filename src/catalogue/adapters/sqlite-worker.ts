/** The catalogue behind a thread of its own, so that no transaction holds up the coordinator's event loop. */
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Catalogue } from '../catalogue.ts'
import { failureFromJson, type Method, type WorkerMessage } from './worker/messages.ts'
import { packMessage } from './worker/slab.ts'
import type { ThreadStart } from './worker/thread.ts'

export interface SqliteCatalogueOptions {
  /** One float64: ms that the thread adds to the system's time. For tests. */
  readonly clockShift?: SharedArrayBuffer
  /** The thread ended though nobody closed the catalogue: every call fails from now on. Called once. */
  readonly onLost?: (error: Error) => void
}

interface Call {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * A catalogue in the SQLite file at `path` (made when absent), worked on by a thread of its own with the
 * system's clock. Blobs of one answer share one buffer. Throws HOME_TOO_NEW, CORRUPT, NO_SPACE.
 */
export async function openSqliteCatalogue(
  path: string,
  options: SqliteCatalogueOptions = {},
): Promise<Catalogue> {
  const thread = new CatalogueThread(path, options)
  await thread.ready
  return thread.catalogue()
}

class CatalogueThread {
  readonly ready: Promise<void>
  readonly #port: MessagePort
  readonly #calls = new Map<number, Call>()
  readonly #exited: Promise<void>
  #next = 0
  #ended: Error | undefined
  #isClosing = false

  constructor(path: string, { clockShift, onLost }: SqliteCatalogueOptions) {
    const { port1, port2 } = new MessageChannel()
    const start: ThreadStart = { path, port: port2, clockShift }
    const url = new URL(`./worker/thread${import.meta.url.slice(-3)}`, import.meta.url)
    const worker = new Worker(url, { workerData: start, transferList: [port2] })
    this.#port = port1
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    let isReady = false
    const take = (message: WorkerMessage): void => {
      if (message.kind === 'ready') {
        isReady = true
        resolve()
      } else if (message.kind === 'failed') reject(failureFromJson(message.error))
      else this.#settle(message)
    }
    port1.on('message', take)
    worker.on('error', (error: Error) => {
      reject(error)
      this.#end(error)
    })
    this.#exited = new Promise((exited) => {
      worker.on('exit', () => {
        // What the thread said last may still wait here.
        let last = receiveMessageOnPort(port1)
        for (; last !== undefined; last = receiveMessageOnPort(port1)) take(last.message)
        const isLost = !this.#isClosing && isReady
        const ended = isLost
          ? new HoldfastError('INTERNAL', 'The thread of the catalogue ended by itself')
          : new HoldfastError('INTERRUPTED', 'Cannot use the catalogue: it is closed')
        reject(ended)
        this.#end(ended)
        if (isLost) onLost?.(this.#ended!)
        exited()
      })
    })
  }

  /** Every method of the interface, sent to the thread. */
  catalogue(): Catalogue {
    const methods: Partial<Record<Method, unknown>> = {}
    for (const method of methodNames) {
      methods[method] = (...args: unknown[]) => this.#call(method, args)
    }
    methods.close = async () => {
      this.#isClosing = true
      if (this.#ended === undefined) await this.#call('close', [])
      await this.#exited
    }
    return methods as Catalogue
  }

  #call(method: Method, args: readonly unknown[]): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    if (this.#calls.size >= limits.catalogueQueueMax) {
      const message = `Cannot queue work for the catalogue: ${this.#calls.size} calls wait already`
      return Promise.reject(new HoldfastError('BUSY', message))
    }
    const call = this.#next
    this.#next += 1
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#calls.set(call, { resolve, reject })
    const packed = packMessage({ kind: 'call', call, method, args })
    this.#port.postMessage(packed.message, [packed.slab])
    return promise
  }

  #settle(message: Exclude<WorkerMessage, { kind: 'ready' | 'failed' }>): void {
    const call = this.#calls.get(message.call)
    if (call === undefined) return
    this.#calls.delete(message.call)
    if (message.kind === 'answer') call.resolve(message.answer)
    else call.reject(failureFromJson(message.error))
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const call of this.#calls.values()) call.reject(this.#ended)
    this.#calls.clear()
    this.#port.close()
  }
}

const everyMethod: Readonly<Record<Method, true>> = {
  grid: true,
  createAccount: true,
  accountByName: true,
  account: true,
  setQuotas: true,
  beginTry: true,
  wasTried: true,
  createSession: true,
  session: true,
  removeSession: true,
  createVault: true,
  vaultsOf: true,
  vault: true,
  configureNodes: true,
  nodes: true,
  nodeSeen: true,
  endQuarantine: true,
  openUpload: true,
  knownChunks: true,
  registerPacks: true,
  addShards: true,
  stagePages: true,
  commit: true,
  closeUpload: true,
  feed: true,
  lookup: true,
  health: true,
  vaultHealth: true,
  packsToHeal: true,
  packPlaces: true,
  setShard: true,
  census: true,
  expireUploads: true,
  markTrash: true,
  emptyTrash: true,
  killUnknownPacks: true,
  deadShards: true,
  shardsDeleted: true,
  purge: true,
  purgeEntries: true,
  close: true,
}
const methodNames = Object.keys(everyMethod) as Method[]
