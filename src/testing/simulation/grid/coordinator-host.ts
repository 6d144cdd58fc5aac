/** The coordinator of a simulated grid, wired as bin/roles/coordinator.ts does it, over a database in memory. */
import {
  openInlineCatalogue,
  openSqliteDatabase,
  type InlineCatalogue,
  type SqliteDatabase,
} from '../../../catalogue/adapters/open-inline.ts'
import type { Catalogue } from '../../../catalogue/catalogue.ts'
import type { NodeConfig } from '../../../catalogue/rows/nodes.ts'
import { createCoordinator } from '../../../coordinator/coordinator.ts'
import type { Coordinator, CoordinatorConfig } from '../../../coordinator/coordinator.ts'
import { gridKeys } from '../../../core/grid-keys.ts'
import { ShardConnections } from '../../../wire/shard-connections.ts'
import { fakeOpaqueServer } from '../../fake-opaque.ts'
import { serveSimulatedControl } from '../simulated-control.ts'
import { Machine } from './machine.ts'
import type { MachineOptions } from './machine.ts'
import type { Plants } from './plants.ts'
import { ProcessEnded } from './process.ts'
import type { SimulatedProcess } from './process.ts'

export interface CoordinatorHostOptions extends MachineOptions {
  readonly nodes: readonly NodeConfig[]
  readonly limits: NonNullable<CoordinatorConfig['limits']>
  readonly plants?: Plants
  /** Sees all that the coordinator asks of the catalogue. */
  readonly watch?: (catalogue: Catalogue) => Catalogue
}

const port = 10_000

export class CoordinatorHost extends Machine {
  readonly address: string
  /** Outlives the processes; only what was committed does. */
  readonly database: SqliteDatabase
  readonly #options: CoordinatorHostOptions
  #catalogue: InlineCatalogue | undefined
  /** What the operator told the next process to end. */
  #endQuarantine: string | undefined
  /** While a process serves. */
  coordinator: Coordinator | undefined

  constructor(options: CoordinatorHostOptions) {
    super(options)
    this.#options = options
    this.address = `${options.name}:${port}`
    this.database = openSqliteDatabase(':memory:')
  }

  async start(): Promise<void> {
    const process = this.begin()
    const { clock, random, network } = process
    const { primitives } = this.parts
    const database = stepping(this.database, process)
    this.#catalogue = await openInlineCatalogue({ database, clock, random, primitives })
    const coordinator = await this.#create(process, this.#catalogue)
    await serveSimulatedControl(coordinator.handle, { network, clock, address: this.address })
    coordinator.start()
    this.coordinator = coordinator
    this.note('serves')
    this.parts.count('started: coordinator')
  }

  /** As an operator does who is certain: started again with the id of the quarantine. */
  async restartToEnd(quarantine: string): Promise<void> {
    this.crash({ silent: false })
    this.#endQuarantine = quarantine
    await this.start()
    this.#endQuarantine = undefined
  }

  crash({ silent }: { readonly silent: boolean }): void {
    this.end({ silent })
    if (this.database.inTransaction) this.database.run('rollback')
    this.#catalogue?.crash()
    this.#catalogue = undefined
    this.coordinator = undefined
  }

  #create(process: SimulatedProcess, catalogue: Catalogue): Promise<Coordinator> {
    const { clock, random, network } = process
    const { primitives, gridSecret } = this.parts
    const { nodes, limits, plants, watch } = this.#options
    const planted = plants?.wrapCatalogue?.(catalogue, this.database) ?? catalogue
    const world = { clock, random, primitives, network }
    return createCoordinator({
      ...world,
      catalogue: watch?.(planted) ?? planted,
      opaque: fakeOpaqueServer(world, gridKeys(primitives, gridSecret).opaqueSeed),
      gridSecret,
      config: { nodes, signup: { kind: 'open' }, limits, endQuarantine: this.#endQuarantine },
      connect: (opener) => new ShardConnections(world, { opener }),
      logger: this.logger,
      program: 'simulated',
      pid: 1,
    })
  }
}

/** The process may die before any statement, and after a commit. */
function stepping(database: SqliteDatabase, process: SimulatedProcess): SqliteDatabase {
  return {
    path: database.path,
    get inTransaction() {
      return database.inTransaction
    },
    run(sql, values) {
      if (!process.step('sql')) throw new ProcessEnded()
      const rows = database.run(sql, values)
      if (sql === 'commit' && !process.step('sql')) throw new ProcessEnded()
      return rows
    },
    close: () => database.close(),
  }
}
