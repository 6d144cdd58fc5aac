import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concatBytes } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Connection } from '../base/network.ts'
import { FrameDecoder } from './frame.ts'
import { Outbox } from './outbox.ts'

const lost = new HoldfastError('CONNECTION_LOST', 'lost')
const clock = { nowMs: () => 0, monotonicMs: () => 7, timer: () => ({ cancel: () => {} }) }
const none = new Uint8Array(0)

/** A connection that keeps what is written until it is told that it left. */
function slowConnection() {
  const batches: Uint8Array[] = []
  let leave: (() => void) | undefined
  const connection = {
    write(blocks: readonly Uint8Array[]) {
      batches.push(concatBytes(blocks))
      return false
    },
    drained: () => new Promise<void>((resolve) => (leave = resolve)),
  } as unknown as Connection
  return { connection, batches, leave: () => leave?.() }
}

/** Frames as `id:type` and, of bodies, `id:bytes`. */
function framesOf(bytes: Uint8Array): string[] {
  const frames: string[] = []
  const decoder = new FrameDecoder({
    message: ({ requestId, type }) => frames.push(`${requestId}:type ${type}`),
    body: (requestId, piece, ended) =>
      frames.push(`${requestId}:${piece.length}${ended ? ' last' : ''}`),
  })
  decoder.push(bytes)
  return frames
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

describe('an outbox', () => {
  test('gives each body a frame in turn, and messages go first', async () => {
    const { connection, batches, leave } = slowConnection()
    const outbox = new Outbox(connection, clock)
    const frame = limits.bodyFrameBytesMax
    const large = outbox.sendBody(1, [new Uint8Array(frame * 5)], { last: true })
    const small = outbox.sendBody(2, [new Uint8Array(10), new Uint8Array(5)], { last: true })
    outbox.send({ requestId: 3, type: 80, payload: none })
    await settled()
    assert.equal(outbox.leavingSinceMs, 7)
    outbox.send({ requestId: 4, type: 80, payload: none })
    leave()
    await small
    leave()
    await large
    assert.equal(outbox.leavingSinceMs, undefined)
    assert.deepEqual(batches.map(framesOf), [
      ['3:type 80', `1:${frame}`, '2:15 last', `1:${frame}`, `1:${frame}`, `1:${frame}`],
      ['4:type 80', `1:${frame} last`],
    ])
  })

  test('settles a dropped body only when nothing of it is with the connection', async () => {
    const { connection, batches, leave } = slowConnection()
    const outbox = new Outbox(connection, clock)
    const leaving = outbox.sendBody(1, [new Uint8Array(3_000_000)], { last: true })
    await settled()
    const waiting = outbox.sendBody(2, [new Uint8Array(9)], { last: true })
    let isSettled = false
    void Promise.allSettled([leaving]).then(() => (isSettled = true))
    outbox.drop(1, lost)
    outbox.drop(2, lost)
    await assert.rejects(waiting, lost)
    await settled()
    assert.equal(isSettled, false)
    leave()
    await assert.rejects(leaving, lost)
    assert.equal(batches.length, 1)
  })

  test('says when it is empty, and fails what waits when it is closed', async () => {
    const { connection, leave } = slowConnection()
    const outbox = new Outbox(connection, clock)
    await outbox.emptied()
    outbox.send({ requestId: 1, type: 80, payload: none })
    const empty = outbox.emptied()
    await settled()
    leave()
    await empty
    const body = outbox.sendBody(2, [new Uint8Array(9)], { last: true })
    outbox.close(lost)
    await assert.rejects(body, lost)
    await assert.rejects(outbox.sendBody(3, [none], { last: true }), lost)
    await outbox.emptied()
  })
})
