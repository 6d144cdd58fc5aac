import assert from 'node:assert/strict'
import { utf8, utf8ToText } from '../../../base/bytes.ts'
import { hasCode } from '../../../base/errors.ts'
import type { ErrorCode } from '../../../base/errors.ts'
import type { ControlHandler } from '../../../wire/transport.ts'
import { echo, Gate, message, patience } from './scene.ts'
import type { ControlCheck } from './scene.ts'

const silence = { ...message, path: '/v1/silence' }

export const endingChecks: Record<string, ControlCheck> = {
  async 'silence is TIMED_OUT, for the one that had no more time'(scene) {
    const gate = new Gate()
    const transport = await scene.asking(silentOr(gate.handle))
    const patient = transport.send(message, patience)
    await gate.holds(1)
    await fails(transport.send(silence, { timeoutMs: 50 }), 'TIMED_OUT')
    assert.equal((await afterwards(gate, transport.send(message, patience), 2)).status, 200)
    assert.equal((await patient).status, 200)
  },

  async 'a signal ends the one request with its reason'(scene) {
    const gate = new Gate()
    const transport = await scene.asking(gate.handle)
    const stop = new AbortController()
    const patient = transport.send({ ...message, body: utf8('patient') }, patience)
    const stopped = transport.send(message, { ...patience, signal: stop.signal })
    const reason = new Error('enough')
    const rejected = assert.rejects(stopped, (error) => error === reason)
    await gate.holds(2)
    stop.abort(reason)
    await rejected
    gate.open()
    assert.equal(utf8ToText((await patient).body), 'patient')
  },

  async 'a signal of before sends nothing'(scene) {
    let handled = 0
    const transport = await scene.asking((request) => {
      handled += 1
      return echo(request)
    })
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    const asked = transport.send(message, { ...patience, signal })
    await assert.rejects(asked, (error) => error === reason)
    await transport.send(message, patience)
    assert.equal(handled, 1)
  },

  async 'a server that closes answers what is under way, and is unreachable then'(scene) {
    const gate = new Gate()
    const server = await scene.serve(gate.handle)
    const transport = scene.transport(server)
    const asked = transport.send(message, patience)
    await gate.holds(1)
    const closed = server.close()
    gate.open()
    assert.equal((await asked).status, 200)
    await closed
    await fails(scene.transport(server).send(message, patience), 'COORDINATOR_UNREACHABLE')
    await fails(transport.send(message, patience), 'COORDINATOR_UNREACHABLE', 'CONNECTION_LOST')
  },

  async 'a server that closes waits only so long for answers, and no longer than for the last'(
    scene,
  ) {
    const [gate, shut] = [new Gate(), new Gate()]
    const [answering, silent] = [await scene.serve(gate.handle), await scene.serve(shut.handle)]
    const answered = scene.transport(answering).send(message, patience)
    const lost = fails(scene.transport(silent).send(message, patience), 'CONNECTION_LOST')
    await Promise.all([gate.holds(1), shut.holds(1)])
    const closed: string[] = []
    const both = Promise.all([
      silent.close().then(() => closed.push('silent')),
      answering.close().then(() => closed.push('answering')),
    ])
    gate.open()
    await Promise.all([both, answered, lost])
    assert.deepEqual(closed, ['answering', 'silent'])
  },

  async 'a server that is there again is asked by the same transport'(scene) {
    const first = await scene.serve(echo)
    const transport = scene.transport(first)
    await transport.send(message, patience)
    await first.close()
    await fails(transport.send(message, patience), 'COORDINATOR_UNREACHABLE', 'CONNECTION_LOST')
    await scene.serve(echo, first.address)
    assert.equal((await transport.send(message, patience)).status, 200)
  },

  async 'a transport that is closed ends what is under way with CONNECTION_LOST'(scene) {
    const gate = new Gate()
    const transport = await scene.asking(gate.handle)
    const asked = fails(transport.send(message, patience), 'CONNECTION_LOST')
    await gate.holds(1)
    transport.close()
    await asked
    gate.open()
  },
}

function silentOr(handler: ControlHandler): ControlHandler {
  return (request) =>
    request.path === silence.path ? new Promise<never>(() => {}) : handler(request)
}

async function afterwards<Answer>(
  gate: Gate,
  answer: Promise<Answer>,
  held: number,
): Promise<Answer> {
  await gate.holds(held)
  gate.open()
  return answer
}

async function fails(asked: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<void> {
  await assert.rejects(asked, (error) => codes.some((code) => hasCode(error, code)))
}
