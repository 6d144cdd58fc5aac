/**
 * A whole grid in this process and in simulated time: the coordinator over a catalogue in memory, nodes over
 * stores in memory, and one machine where commands run on the real file system of a scratch folder. For tests
 * of what commands do to files; a fault of a node is planned at its store, one of a link at the network.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { gridKeys } from '../../core/grid-keys.ts'
import type { CoordinatorConfig } from '../../coordinator/coordinator.ts'
import { CoordinatorHost } from '../simulation/grid/coordinator-host.ts'
import { EngineRooms } from '../simulation/grid/engine-rooms.ts'
import type { GridParts, MachineOptions } from '../simulation/grid/machine.ts'
import { Scheduler } from '../simulation/scheduler.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'
import { countNothing } from '../simulation/counters.ts'
import { simulatedNetwork } from '../simulation/simulated-network.ts'
import { Trace } from '../simulation/trace.ts'
import { CommandHost } from './command-host.ts'
import { TestNode } from './test-node.ts'

export interface FileGridOptions {
  readonly seed?: number
  readonly nodes?: number
  /** Each node is a zone of its own unless told. */
  readonly zoneOf?: (node: string) => string
  /** What each node holds at most. */
  readonly nodeBytesMax?: number
  readonly limits?: NonNullable<CoordinatorConfig['limits']>
}

const primitives = createNativePrimitives()
const rooms = new EngineRooms()

export class FileGrid {
  /** Of the commands: real, and gone after the test. */
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'))
  readonly parts: GridParts
  readonly coordinator: CoordinatorHost
  readonly nodes: readonly TestNode[]
  readonly machine: CommandHost
  readonly #random: SeededRandom

  constructor(options: FileGridOptions) {
    const { seed = 1, nodes = 4 } = options
    this.#random = new SeededRandom(seed)
    const scheduler = new Scheduler(this.#random.fork())
    const network = simulatedNetwork({ scheduler, random: this.#random.fork() })
    const trace = new Trace(() => scheduler.nowMs)
    const gridSecret = this.#random.bytes(32)
    this.parts = { scheduler, network, primitives, trace, gridSecret, count: countNothing }
    const coordinatorKey = gridKeys(primitives, gridSecret).identityKey
    this.nodes = Array.from(
      { length: nodes },
      (_, at) =>
        new TestNode({
          ...this.#machine(`n${at + 1}`),
          coordinatorKey,
          bytesMax: options.nodeBytesMax,
          zone: options.zoneOf?.(`n${at + 1}`),
        }),
    )
    this.coordinator = new CoordinatorHost({
      ...this.#machine('coordinator'),
      nodes: this.nodes.map(({ config }) => config),
      limits: options.limits ?? {},
    })
    this.machine = new CommandHost({ ...this.#machine('client'), rooms, folder: this.folder })
  }

  /** Everything serves, and the account `local` is logged in. */
  async start(): Promise<void> {
    await this.coordinator.start()
    await Promise.all(this.nodes.map((node) => node.start()))
    await this.machine.signUp()
    await this.pass(2 * limits.heartbeatMs)
  }

  /** Lets simulated time pass. */
  pass(ms: number): Promise<void> {
    return sleep(this.parts.scheduler.clock(), ms)
  }

  close(): void {
    this.machine.close()
    for (const node of this.nodes) node.stop({ silent: true })
    this.coordinator.crash({ silent: true })
    this.coordinator.database.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #machine(name: string): MachineOptions {
    return { parts: this.parts, name, random: this.#random.fork(), clockOffsetMs: 0 }
  }
}

const timeMaxMs = 24 * 3_600_000

/** Runs `body` with a grid that serves. */
export async function withFileGrid(
  options: FileGridOptions,
  body: (grid: FileGrid) => Promise<void>,
): Promise<void> {
  const grid = new FileGrid(options)
  const run = async (): Promise<void> => {
    await grid.start()
    await body(grid)
  }
  try {
    await grid.parts.scheduler.run(run(), { timeMaxMs })
  } finally {
    grid.close()
  }
}
