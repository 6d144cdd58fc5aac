import assert from 'node:assert/strict'
import { utf8, utf8ToText } from '../../../base/bytes.ts'
import { controlHeaders } from '../../../wire/control-auth.ts'
import type { ControlHttpRequest } from '../../../wire/transport.ts'
import { echo, Gate, message, patience } from './scene.ts'
import type { ControlCheck } from './scene.ts'

/** Of which all are under way at once over the least of connections. */
const atOnce = 8

export const carryingChecks: Record<string, ControlCheck> = {
  async 'a request arrives with its path, body, source and headers of the protocol'(scene) {
    const seen: ControlHttpRequest[] = []
    const transport = await scene.asking((request) => {
      seen.push(request)
      return echo(request)
    })
    const headers = { [controlHeaders.time]: '5', [controlHeaders.mac]: 'ab' }
    const body = utf8('{"größe":1}')
    await transport.send({ path: '/v1/a/b', headers: { ...headers, other: '1' }, body }, patience)
    const [{ source, ...request }] = seen as [ControlHttpRequest]
    assert.deepEqual(
      { ...request, body: utf8ToText(request.body) },
      {
        path: '/v1/a/b',
        headers,
        body: '{"größe":1}',
      },
    )
    assert.match(source, /^[^:]+$/, 'without a port')
  },

  async 'an answer arrives with its status, headers and body'(scene) {
    const given = { status: 409, headers: { [controlHeaders.mac]: 'cd' }, body: utf8('{"a":[1]}') }
    const transport = await scene.asking(() => Promise.resolve(given))
    const answer = await transport.send(message, patience)
    assert.equal(answer.status, 409)
    assert.equal(answer.headers[controlHeaders.mac], 'cd')
    assert.equal(utf8ToText(answer.body), '{"a":[1]}')
  },

  async 'bodies of any size and any bytes go both ways'(scene) {
    const transport = await scene.asking(echo)
    for (const bytes of [0, 1, 255, 16_383, 16_384, 16_385, 65_537, 1_000_003]) {
      const body = Uint8Array.from({ length: bytes }, (_, at) => at * 31 + bytes)
      const answer = await transport.send({ ...message, body }, patience)
      assert.ok(Buffer.from(body).equals(answer.body), `${bytes} bytes`)
    }
  },

  async 'many are under way at once, and each gets its own answer in any order'(scene) {
    const gate = new Gate()
    const transport = await scene.asking(gate.handle)
    const bodies = Array.from({ length: atOnce }, (_, at) => `{"at":${at}}`)
    const asked = bodies.map((body) => transport.send({ ...message, body: utf8(body) }, patience))
    await gate.holds(atOnce)
    gate.open()
    const answers = await Promise.all(asked)
    assert.deepEqual(
      answers.map(({ body }) => utf8ToText(body)),
      bodies,
    )
  },

  async 'more than go at once are all answered'(scene) {
    const transport = await scene.asking(echo)
    const bodies = Array.from({ length: 100 }, (_, at) => `{"at":${at}}`.repeat(at * 10))
    const answers = await Promise.all(
      bodies.map((body) => transport.send({ ...message, body: utf8(body) }, patience)),
    )
    assert.deepEqual(
      answers.map(({ body }) => utf8ToText(body)),
      bodies,
    )
  },
}
