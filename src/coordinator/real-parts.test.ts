/** The coordinator as programs run it: over HTTP, with OPAQUE, its catalogue in a file behind a thread. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, before, describe, test } from 'node:test'
import { client as opaque } from '@serenity-kit/opaque'
import { systemClock as clock } from '../base/adapters/system-clock.ts'
import { systemRandom as random } from '../base/adapters/system-random.ts'
import { toHex } from '../base/bytes.ts'
import { hasCode } from '../base/errors.ts'
import { silentLogger as logger } from '../base/logger.ts'
import { openSqliteCatalogue } from '../catalogue/adapters/sqlite-worker.ts'
import { createNativePrimitives } from '../core/adapters/native-primitives.ts'
import { gridKeys } from '../core/grid-keys.ts'
import type { OpaqueClient } from '../core/opaque.ts'
import { MemoryNode } from '../testing/coordinator/memory-node.ts'
import { TestAccount, type AccountWorld } from '../testing/coordinator/test-account.ts'
import { makeCommit, putFile, writePack } from '../testing/coordinator/test-writer.ts'
import { createHttpTransport } from '../wire/adapters/http-client.ts'
import { serveHttp } from '../wire/adapters/http-server.ts'
import { createControlClient } from '../wire/control-client.ts'
import { createOpaqueServer } from './adapters/opaque-server.ts'
import { createCoordinator } from './coordinator.ts'

const primitives = createNativePrimitives()
const nodes = Array.from({ length: 4 }, (_, number) => new MemoryNode(primitives, number))
const folder = mkdtempSync(join(tmpdir(), 'holdfast-coordinator-'))
const gridSecret = new Uint8Array(32).fill(6)
const ending: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
let world: AccountWorld

/** As clients have it, but for the cost of stretching. */
const quick = {
  'argon2id-custom': { memory: 64, iterations: 1, parallelism: 1 },
} as const
const opaqueClient: OpaqueClient = {
  startRegistration(password) {
    const started = opaque.startRegistration({ password })
    return {
      state: started.clientRegistrationState,
      registrationRequest: started.registrationRequest,
    }
  },
  finishRegistration({ state, ...rest }) {
    const finish = { ...rest, clientRegistrationState: state, keyStretching: quick }
    const { registrationRecord } = opaque.finishRegistration(finish)
    return Promise.resolve({
      registrationRecord,
      exportKey: new Uint8Array(64),
      serverPublicKey: '',
    })
  },
  startLogin(password) {
    const started = opaque.startLogin({ password })
    return { state: started.clientLoginState, startRequest: started.startLoginRequest }
  },
  finishLogin({ state, ...rest }) {
    const finished = opaque.finishLogin({ ...rest, clientLoginState: state, keyStretching: quick })
    return Promise.resolve(
      finished && {
        finishRequest: finished.finishLoginRequest,
        sessionKey: Buffer.from(finished.sessionKey, 'base64url'),
        exportKey: new Uint8Array(64),
        serverPublicKey: '',
      },
    )
  },
}

await describe('a coordinator of real parts', () => {
  before(async () => {
    const catalogue = await openSqliteCatalogue(join(folder, 'catalogue.db'))
    const keys = gridKeys(primitives, gridSecret)
    const coordinator = await createCoordinator({
      catalogue,
      clock,
      random,
      primitives,
      opaque: await createOpaqueServer(primitives, keys.opaqueSeed),
      gridSecret,
      config: {
        nodes: nodes.map(({ node, publicKey }, number) => {
          return { node, name: `n${number}`, address: 'x:1', zone: `z${number}`, publicKey }
        }),
        signup: { kind: 'open' },
      },
      connect: () => ({ to: ({ node }) => nodes.find((each) => each.node === node)!, close() {} }),
      logger,
      program: 'test',
      pid: process.pid,
    })
    coordinator.start()
    const server = await serveHttp(coordinator.handle, { address: '127.0.0.1:0', logger })
    const transport = createHttpTransport({ address: server.address })
    const client = () => createControlClient({ transport, clock, random, primitives })
    world = { primitives, random, nodes, opaqueClient, client }
    ending.unshift(
      () => transport.close(),
      () => server.close(),
      () => coordinator.close(),
      () => catalogue.close(),
    )
  })

  after(async () => {
    for (const end of ending) await end()
  })

  test('an account enters, writes and reads', async () => {
    const ada = await TestAccount.enter(world, 'ada')
    const { operation, pack } = await putFile(ada)
    const versions = [{ version: toHex(operation.version), from: 0 }]
    const { pages } = await ada.client.call('lookup', { vault: ada.home, versions })
    assert.deepEqual(pages[0]?.ids, pack.ids)
    const feed = await ada.client.call('feed', { vault: ada.home, after: 0 })
    assert.equal(feed.n, 1)
  })

  test('wrong password and unknown account are refused by the client’s own half already', async () => {
    const ada = new TestAccount(world, 'eva')
    await ada.signUp()
    await assert.rejects(ada.logIn('wrong'), (error) => hasCode(error, 'LOGIN_REFUSED'))
    const nobody = new TestAccount(world, 'nobody')
    await assert.rejects(nobody.logIn(), (error) => hasCode(error, 'LOGIN_REFUSED'))
  })

  test('many at once, large and small, are all served, and no turn lasts long', async () => {
    const ada = await TestAccount.enter(world, 'bea')
    const vault = ada.home
    const upload = toHex(random.bytes(16))
    await ada.client.call('upload/open', { upload, vault })
    const small = Array.from({ length: 128 }, () => 200)
    const packs = await Promise.all(
      Array.from({ length: 32 }, () => writePack(ada, { chunkBytes: small })),
    )
    const messages = packs.map(({ message }) => message)
    const register = () => ada.client.call('packs/register', { upload, vault, packs: messages })
    await register()
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const slowest = await slowestOf(async () => {
      await Promise.all([register(), register(), commitAll()])
    })
    delay.disable()
    // Twice what is wanted of a quiet machine, and the client's half of the work is in here too.
    assert.ok(delay.percentile(90) / 1e6 < 100, `90 %: ${delay.percentile(90) / 1e6} ms`)
    assert.ok(slowest < 5000, `the slowest small request took ${slowest} ms`)

    async function commitAll(): Promise<void> {
      for (const { ids } of packs.slice(0, 8)) {
        await ada.client.call('commit', makeCommit(ada, { ids, upload }).request)
      }
    }

    /** The longest that a small request took while `work` went on, ms. */
    async function slowestOf(work: () => Promise<void>): Promise<number> {
      let longestMs = 0
      const state = { working: true }
      const done = work().finally(() => (state.working = false))
      while (state.working) {
        const beganMs = clock.monotonicMs()
        await ada.client.call('whoami', {})
        longestMs = Math.max(longestMs, clock.monotonicMs() - beganMs)
      }
      await done
      return longestMs
    }
  })
})
