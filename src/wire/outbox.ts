/**
 * The sending half of a connection. Whole messages go first; bodies get a frame each in turn, so that no
 * request waits behind another's body for more than a batch. Nothing is copied: blocks go to the connection
 * as they are, and a body's promise resolves when its blocks may be reused.
 *
 * Invariants. 1. At most one batch is with the connection that has not left. 2. Frame headers live in a slab
 * that is written only between batches.
 */
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Connection } from '../base/network.ts'
import { encodeMessage, frameHeaderBytes, writeBodyHeader } from './frame.ts'
import type { FrameMessage } from './frame.ts'
import { OutgoingBody } from './outgoing-body.ts'

/** A batch has at most a frame of each minimal size: what the slab has room for. */
const framesMax = 64

export class Outbox {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #messages: Uint8Array[] = []
  /** In the order of their turns. */
  #bodies: OutgoingBody[] = []
  readonly #headers = new Uint8Array(framesMax * frameHeaderBytes)
  #batch: Uint8Array[] = []
  #batchBodies: OutgoingBody[] = []
  #leavingSinceMs: number | undefined
  #scheduled = false
  #closed: Error | undefined
  #onEmpty: (() => void)[] = []

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  /** Messages that have not left: what a side that does not read would let grow. */
  get waitingMessages(): number {
    return this.#messages.length
  }

  /** Since when the batch that is with the connection is there, by the monotonic clock; undefined without one. */
  get leavingSinceMs(): number | undefined {
    return this.#leavingSinceMs
  }

  send(message: FrameMessage): void {
    if (this.#closed) return
    this.#messages.push(encodeMessage(message))
    this.#schedule()
  }

  /**
   * Sends blocks of a request's body; `last` ends it. Resolves when the blocks have left memory and rejects
   * with why they have not: only then may they be reused. A body's next blocks come after that.
   */
  sendBody(
    requestId: number,
    blocks: readonly Uint8Array[],
    options: { readonly last: boolean; readonly onProgress?: () => void },
  ): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed)
    const body = new OutgoingBody(requestId, blocks, options)
    assert(body.last || body.waitingBytes > 0, 'a piece of a body has bytes or ends it')
    this.#bodies.push(body)
    this.#schedule()
    return body.left
  }

  /** Sends no more of this request's body; what is leaving right now still does. */
  drop(requestId: number, reason: Error): void {
    const dropped = this.#bodies.filter((body) => body.requestId === requestId)
    this.#bodies = this.#bodies.filter((body) => body.requestId !== requestId)
    for (const body of dropped) if (!this.#batchBodies.includes(body)) body.fail(reason)
    for (const body of this.#batchBodies) if (body.requestId === requestId) body.drop(reason)
  }

  /** Resolves when all that was said has left, or the connection is closed. */
  emptied(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onEmpty.push(resolve)
      this.#schedule()
    })
  }

  /** The connection is closed: fails what waits. */
  close(reason: Error): void {
    if (this.#closed) return
    this.#closed = reason
    for (const body of this.#bodies) body.fail(reason)
    for (const body of this.#batchBodies) body.fail(reason)
    this.#bodies = []
    this.#messages.length = 0
    this.#sayEmpty()
  }

  /** Gathers all that is said in one turn. */
  #schedule(): void {
    if (this.#scheduled || this.#leavingSinceMs !== undefined) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#leavingSinceMs === undefined && !this.#closed) {
      this.#gather()
      if (this.#batch.length === 0) return this.#sayEmpty()
      if (this.#connection.write(this.#batch)) this.#left()
      else void this.#leave()
    }
  }

  async #leave(): Promise<void> {
    this.#leavingSinceMs = this.#clock.monotonicMs()
    await this.#connection.drained()
    this.#leavingSinceMs = undefined
    this.#left()
    this.#pump()
  }

  #left(): void {
    const bodies = this.#batchBodies
    this.#batchBodies = []
    this.#batch = []
    if (this.#closed) return
    for (const body of bodies) body.batchLeft()
  }

  #sayEmpty(): void {
    for (const resolve of this.#onEmpty.splice(0)) resolve()
  }

  /** Messages, then a frame of each body in turn until the batch is full. */
  #gather(): void {
    let room = limits.outboxBatchBytes
    while (room > 0 && this.#messages.length > 0) {
      const message = this.#messages.shift()!
      this.#batch.push(message)
      room -= message.length
    }
    for (let frame = 0; frame < framesMax && room > 0 && this.#bodies.length > 0; frame += 1) {
      room -= this.#gatherFrame(this.#bodies.shift()!, frame)
    }
  }

  #gatherFrame(body: OutgoingBody, frame: number): number {
    const at = frame * frameHeaderBytes
    const payloadBytes = Math.min(body.waitingBytes, limits.bodyFrameBytesMax)
    const ended = payloadBytes === body.waitingBytes
    const last = ended && body.last
    writeBodyHeader(this.#headers, at, { requestId: body.requestId, payloadBytes, last })
    this.#batch.push(this.#headers.subarray(at, at + frameHeaderBytes))
    body.take(payloadBytes, this.#batch)
    if (!this.#batchBodies.includes(body)) this.#batchBodies.push(body)
    if (!ended) this.#bodies.push(body)
    return frameHeaderBytes + payloadBytes
  }
}

export function connectionLost(cause?: unknown): HoldfastError {
  return new HoldfastError(
    'CONNECTION_LOST',
    'The connection to the node broke',
    cause === undefined ? {} : { cause },
  )
}
