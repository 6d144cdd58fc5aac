import assert from 'node:assert/strict'
import { hasCode } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import { decodeError } from '../../../wire/control-codec.ts'
import { answerOf, echo, message, patience } from './scene.ts'
import type { ControlCheck } from './scene.ts'

const { controlBodyBytesMax, controlAnswerBytesMax } = limits

export const limitChecks: Record<string, ControlCheck> = {
  async 'a body of the most bytes is carried'(scene) {
    let taken = 0
    const transport = await scene.asking(({ body }) => {
      taken = body.length
      return Promise.resolve(answerOf(new Uint8Array(0)))
    })
    const body = new Uint8Array(controlBodyBytesMax)
    assert.equal((await transport.send({ ...message, body }, patience)).status, 200)
    assert.equal(taken, controlBodyBytesMax)
  },

  async 'a body of more is OVER_LIMIT, handled by nobody, and the next is answered'(scene) {
    let handled = 0
    const transport = await scene.asking((request) => {
      handled += 1
      return echo(request)
    })
    const body = new Uint8Array(controlBodyBytesMax + 1)
    try {
      const { status, body: refusal } = await transport.send({ ...message, body }, patience)
      assert.equal(status, 413)
      assert.equal(decodeError(refusal).code, 'OVER_LIMIT')
    } catch (error) {
      // The server reads no more of it: what is still being sent may break the connection first
      assert.ok(hasCode(error, 'CONNECTION_LOST'), String(error))
    }
    assert.equal(handled, 0)
    assert.equal((await transport.send(message, patience)).status, 200)
  },

  async 'an answer of more than the most bytes is MALFORMED, and the next is taken'(scene) {
    const answers = [new Uint8Array(controlAnswerBytesMax + 128 * 1024), new Uint8Array(3)]
    const transport = await scene.asking(() => Promise.resolve(answerOf(answers.shift()!)))
    await assert.rejects(transport.send(message, patience), (error) => hasCode(error, 'MALFORMED'))
    assert.equal((await transport.send(message, patience)).body.length, 3)
  },
}
