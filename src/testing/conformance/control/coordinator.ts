import assert from 'node:assert/strict'
import { utf8 } from '../../../base/bytes.ts'
import { errorKinds, hasCode, HoldfastError } from '../../../base/errors.ts'
import type { ErrorCode } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import { createControlClient } from '../../../wire/control-client.ts'
import type { ControlClient } from '../../../wire/control-client.ts'
import { decodeError, encodeError } from '../../../wire/control-codec.ts'
import type { ControlHandler, ControlTransport } from '../../../wire/transport.ts'
import { clientGrid, primitives } from '../../client/client-grid.ts'
import { SeededRandom } from '../../simulation/seeded-random.ts'
import { patience } from './scene.ts'
import type { ControlCheck, ControlScene } from './scene.ts'

export const coordinatorChecks: Record<string, ControlCheck> = {
  async 'a message is asked and answered'(scene) {
    const client = clientOver(scene, await toCoordinator(scene))
    const { signup, program } = await client.call('grid', {})
    assert.deepEqual({ signup, program }, { signup: 'open', program: 'test' })
  },

  async 'a message that nobody knows is VERSION_UNSUPPORTED'(scene) {
    const transport = await toCoordinator(scene)
    for (const path of ['/v1/nonsense', '/v2/grid', '/', '/v1/toString', '/v1/grid/']) {
      await refused(transport, { path, body: '{}', code: 'VERSION_UNSUPPORTED' })
    }
  },

  async 'a broken body is MALFORMED, cut at any length'(scene) {
    const transport = await toCoordinator(scene)
    const whole = JSON.stringify({ name: 'ada', registrationRequest: 'AAAA' })
    for (let length = 0; length < whole.length; length += 1) {
      const body = whole.slice(0, length)
      await refused(transport, { path: '/v1/signup/start', body, code: 'MALFORMED' })
    }
    for (const body of ['null', '[]', '{"name":1}', '\u0000', '{"name":']) {
      await refused(transport, { path: '/v1/signup/start', body, code: 'MALFORMED' })
    }
    await clientOver(scene, transport).call('grid', {})
  },

  async 'a body that is too large for one without a session is OVER_LIMIT'(scene) {
    const body = ' '.repeat(limits.controlOpenBodyBytesMax + 1)
    await refused(await toCoordinator(scene), { path: '/v1/grid', body, code: 'OVER_LIMIT' })
  },

  async 'what needs a session is NOT_LOGGED_IN without'(scene) {
    const transport = await toCoordinator(scene)
    await refused(transport, { path: '/v1/whoami', body: '{}', code: 'NOT_LOGGED_IN' })
  },

  async 'a refusal keeps its code, words, hint and details'(scene) {
    const details = { bytes: 2 ** 40, nodes: ['n1', 'n2'] }
    const given = new HoldfastError('OVER_QUOTA', 'Too much', { hint: 'Less of it', details })
    const client = clientOver(scene, await scene.asking(giving(409, encodeError(given))))
    await assert.rejects(client.call('grid', {}), (error) => {
      assert.ok(hasCode(error, 'OVER_QUOTA'))
      assert.deepEqual(
        { message: error.message, hint: error.hint, details: { ...error.details } },
        { message: 'Too much', hint: 'Less of it', details },
      )
      return true
    })
  },

  async 'an answer that cannot be read is MALFORMED, a refusal counts as CONNECTION_LOST'(scene) {
    const codes = { 200: 'MALFORMED', 500: 'CONNECTION_LOST' } as const
    for (const status of [200, 500] as const) {
      for (const body of ['', 'null', '{}', '{"error":"no"}', '{"gridId":"']) {
        const client = clientOver(scene, await scene.asking(giving(status, utf8(body))))
        const asked = client.call('grid', {}, { triesMax: 1 })
        await assert.rejects(asked, (error) => hasCode(error, codes[status]))
      }
    }
  },
}

/** A real coordinator. */
async function toCoordinator(scene: ControlScene): Promise<ControlTransport> {
  const { handle } = await clientGrid({ clock: scene.world.clock })
  return scene.asking(handle)
}

function clientOver({ world }: ControlScene, transport: ControlTransport): ControlClient {
  return createControlClient({
    transport,
    primitives,
    clock: world.clock,
    random: new SeededRandom(1),
  })
}

function giving(status: number, body: Uint8Array): ControlHandler {
  return () => Promise.resolve({ status, headers: {}, body })
}

async function refused(
  transport: ControlTransport,
  { path, body, code }: { readonly path: string; readonly body: string; readonly code: ErrorCode },
): Promise<void> {
  const answer = await transport.send({ path, headers: {}, body: utf8(body) }, patience)
  assert.equal(decodeError(answer.body).code, code, `${path} ${body.slice(0, 80)}`)
  assert.equal(answer.status, errorKinds[code].status)
}
