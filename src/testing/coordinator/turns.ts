/**
 * How long a coordinator of real parts, its catalogue in a file behind a thread, keeps its event loop from
 * others while it answers the largest requests there are. The client's half is done before the clock runs.
 */
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock as clock } from '../../base/adapters/system-clock.ts'
import { systemRandom as random } from '../../base/adapters/system-random.ts'
import { assert } from '../../base/assert.ts'
import { toHex } from '../../base/bytes.ts'
import { limits } from '../../base/limits.ts'
import { silentLogger as logger } from '../../base/logger.ts'
import { openSqliteCatalogue } from '../../catalogue/adapters/sqlite-worker.ts'
import { createCoordinator, type Coordinator } from '../../coordinator/coordinator.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { gridKeys } from '../../core/grid-keys.ts'
import { createControlClient } from '../../wire/control-client.ts'
import type { ControlName, ControlRequest } from '../../wire/control.ts'
import type { ControlHttpRequest, ControlTransport } from '../../wire/transport.ts'
import { fakeOpaqueClient, fakeOpaqueServer } from '../fake-opaque.ts'
import { MemoryNode } from './memory-node.ts'
import { TestAccount } from './test-account.ts'
import { makeOperation, signCommit, writePack } from './test-writer.ts'

export interface Turn {
  readonly what: string
  /** The least, over the rounds, of what the longest turn took: by the clock, and of the processor alone. */
  readonly longestTurnMs: number
  readonly longestTurnProcessorMs: number
  readonly medianMs: number
}

const files = 1000
const packsPerCommit = 10
const source = '127.0.0.1'

export async function measureTurns(folder: string, rounds: number): Promise<Turn[]> {
  const bench = await Bench.start(folder)
  try {
    return [
      await bench.measure('commit of 1,000 operations', rounds, () => bench.commit()),
      await bench.measure('registration of 64 packs', rounds, () => bench.registration()),
      await bench.measure('health of the vault', rounds, () => bench.vaultHealth()),
      await bench.measure('health of 512 versions', rounds, () => bench.health()),
    ]
  } finally {
    await bench.close()
  }
}

/** Processor time of this thread. */
function spentMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** How much processor time this thread spends in each turn of its event loop: not raised by a busy machine. */
function watchProcessor(): { readonly longestTurnMs: () => number } {
  let lastMs = spentMs()
  let longestMs = 0
  let isOver = false
  const turn = (): void => {
    const nowMs = spentMs()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    longestTurnMs() {
      isOver = true
      turn()
      return longestMs
    },
  }
}

class Bench {
  readonly #coordinator: Coordinator
  readonly #ada: TestAccount
  readonly #end: () => Promise<void>
  readonly #caught: ControlHttpRequest[] = []
  readonly #versions: string[] = []
  #isCatching = false

  private constructor(parts: {
    readonly coordinator: Coordinator
    readonly end: () => Promise<void>
    readonly account: (transport: ControlTransport) => TestAccount
  }) {
    this.#coordinator = parts.coordinator
    this.#end = parts.end
    this.#ada = parts.account({
      send: (request) => {
        if (!this.#isCatching) return this.#coordinator.handle({ ...request, source })
        this.#caught.push({ ...request, source })
        return new Promise(() => {})
      },
      close() {},
    })
  }

  static async start(folder: string): Promise<Bench> {
    const primitives = createNativePrimitives()
    const nodes = Array.from({ length: 4 }, (_, number) => new MemoryNode(primitives, number))
    const catalogue = await openSqliteCatalogue(join(folder, 'catalogue.db'))
    const gridSecret = new Uint8Array(32).fill(6)
    const parts = { clock, random, primitives, logger }
    const coordinator = await createCoordinator({
      ...parts,
      catalogue,
      opaque: fakeOpaqueServer(parts, gridKeys(primitives, gridSecret).opaqueSeed),
      gridSecret,
      config: {
        nodes: nodes.map(({ node, publicKey }, number) => {
          return { node, name: `n${number}`, address: 'x:1', zone: `z${number}`, publicKey }
        }),
        signup: { kind: 'open' },
      },
      connect: () => ({ to: ({ node }) => nodes.find((each) => each.node === node)!, close() {} }),
      program: 'test',
      pid: process.pid,
    })
    const end = async (): Promise<void> => {
      await coordinator.close()
      await catalogue.close()
    }
    const account = (transport: ControlTransport): TestAccount => {
      const client = () => createControlClient({ ...parts, transport })
      return new TestAccount(
        { ...parts, nodes, client, opaqueClient: fakeOpaqueClient(parts) },
        'ada',
      )
    }
    const bench = new Bench({ coordinator, end, account })
    await bench.#ada.signUp()
    await bench.#ada.logIn()
    return bench
  }

  close(): Promise<void> {
    return this.#end()
  }

  async measure(
    what: string,
    rounds: number,
    prepare: () => Promise<ControlHttpRequest>,
  ): Promise<Turn> {
    const turns: number[] = []
    const processor: number[] = []
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const request = await prepare()
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      const beganMs = clock.monotonicMs()
      const busy = watchProcessor()
      const { status } = await this.#coordinator.handle(request)
      processor.push(busy.longestTurnMs())
      times.push(clock.monotonicMs() - beganMs)
      delay.disable()
      assert(status === 200, `${what} is answered with ${status}`)
      turns.push(delay.max / 1e6)
    }
    const medianMs = times.toSorted((left, right) => left - right)[rounds >> 1]!
    return {
      what,
      longestTurnMs: Math.min(...turns),
      longestTurnProcessorMs: Math.min(...processor),
      medianMs,
    }
  }

  /** New small files, whose chunks are registered. */
  async commit(): Promise<ControlHttpRequest> {
    const { upload, ids } = await this.#registered()
    const made = ids.map((id) => makeOperation(this.#ada, { ids: id }))
    for (const { operation } of made) this.#versions.push(toHex(operation.version))
    return this.#catch('commit', signCommit(this.#ada, made, { upload }))
  }

  async registration(): Promise<ControlHttpRequest> {
    const upload = await this.#upload()
    const chunkBytes = Array.from({ length: 16 }, () => 100)
    const packs = await this.#packs(limits.registerPacksMax, chunkBytes)
    const messages = packs.map(({ message }) => message)
    return this.#catch('packs/register', { upload, vault: this.#ada.home, packs: messages })
  }

  vaultHealth(): Promise<ControlHttpRequest> {
    return this.#catch('vault/health', { vault: this.#ada.home })
  }

  health(): Promise<ControlHttpRequest> {
    const versions = this.#versions.slice(0, limits.lookupVersionsMax)
    return this.#catch('health', { vault: this.#ada.home, versions })
  }

  async #registered(): Promise<{ upload: string; ids: Uint8Array[] }> {
    const upload = await this.#upload()
    const perPack = files / packsPerCommit
    const packs = await this.#packs(
      packsPerCommit,
      Array.from({ length: perPack }, () => 200),
    )
    const messages = packs.map(({ message }) => message)
    await this.#ada.client.call('packs/register', {
      upload,
      vault: this.#ada.home,
      packs: messages,
    })
    const ids = messages.flatMap(({ chunks }) => chunks.map(({ id }) => id))
    return { upload, ids }
  }

  #packs(count: number, chunkBytes: readonly number[]) {
    return Promise.all(Array.from({ length: count }, () => writePack(this.#ada, { chunkBytes })))
  }

  async #upload(): Promise<string> {
    const upload = toHex(random.bytes(16))
    await this.#ada.client.call('upload/open', { upload, vault: this.#ada.home })
    return upload
  }

  /** The request as it would travel. */
  async #catch<Name extends ControlName>(
    name: Name,
    request: ControlRequest<Name>,
  ): Promise<ControlHttpRequest> {
    this.#isCatching = true
    void this.#ada.client.call(name, request)
    while (this.#caught.length === 0) await new Promise((later) => setImmediate(later))
    this.#isCatching = false
    return this.#caught.pop()!
  }
}
