/** The processes of `up`: their folders, secrets and configurations, made anew before each start. */
import { toHex, utf8 } from '../../src/base/bytes.ts'
import { assert } from '../../src/base/assert.ts'
import { HoldfastError, hasCode } from '../../src/base/errors.ts'
import { startChild } from '../../src/cli/adapters/child-process.ts'
import { makeFolder, readText } from '../../src/cli/adapters/home-folder.ts'
import { readSecret } from '../../src/cli/adapters/secret-file.ts'
import { writeWhole } from '../../src/base/adapters/write-whole.ts'
import type { GridPlan } from '../../src/cli/supervisor/grid-plan.ts'
import {
  coordinatorToml,
  localHost,
  nodeNames,
  nodeToml,
} from '../../src/cli/supervisor/grid-plan.ts'
import type { Child } from '../../src/cli/supervisor/process.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { gridKeys } from '../../src/core/grid-keys.ts'
import { label, labelledKeyedHash } from '../../src/core/hashing.ts'
import type { Surroundings } from '../settings.ts'
import { openGridSecret } from './grid-secret.ts'

/** This program: what was built since, when it is started again. */
const programPath = process.argv[1]!
const nodeIdentityLabel = label('node identity of up')

export class GridProcesses {
  readonly plan: GridPlan
  readonly #surroundings: Surroundings
  readonly #gridSecret: Uint8Array
  readonly #primitives = createNativePrimitives()

  constructor(surroundings: Surroundings, count: number) {
    const { home, settings } = surroundings
    this.#surroundings = surroundings
    this.#gridSecret = openGridSecret(home.coordinator)
    const { identityKey } = gridKeys(this.#primitives, this.#gridSecret)
    this.plan = {
      coordinator: {
        address: `${localHost}:${settings.grid.coordinatorPort}`,
        identity: toHex(identityKey),
      },
      nodes: nodeNames(count).map((name, at) => ({
        name,
        address: `${localHost}:${settings.grid.basePort + at}`,
        identity: toHex(this.#primitives.signingPublicKey(this.#identitySeed(name))),
      })),
    }
  }

  start(name: string): Child {
    const folder = this.#folderOf(name)
    makeFolder(folder)
    if (name !== 'coordinator') this.#keepIdentity(folder, name)
    const config = `${folder}/config.toml`
    const toml = this.#configOf(name)
    if (readText(config) !== toml) writeWhole(config, toml)
    const role = name === 'coordinator' ? 'coordinator' : 'node'
    const { home } = this.#surroundings
    return startChild({
      arguments: [programPath, role, '--home', home.root, '--config', config, '--quiet'],
      environment: withoutOurs(process.env),
      crashLog: `${folder}/crash.log`,
    })
  }

  /**
   * The node's own, or, when its folder is new or was emptied, one that follows from the grid secret and its
   * name: so a node whose disk was replaced is the same node, and what it lost is rebuilt. Also when its own
   * cannot be read: that is its start's to say, and must not keep the other nodes from theirs.
   */
  #identitySeed(name: string): Uint8Array {
    const kept = this.#keptIdentity(name)
    if (kept instanceof Uint8Array) return kept
    const use = { key: this.#gridSecret, label: nodeIdentityLabel }
    return labelledKeyedHash(this.#primitives, use, utf8(name))
  }

  #keepIdentity(folder: string, name: string): void {
    const kept = this.#keptIdentity(name)
    if (kept instanceof HoldfastError) throw kept
    if (kept === undefined) writeWhole(`${folder}/identity`, `${toHex(this.#identitySeed(name))}\n`)
  }

  /** Undefined when there is none; the error when there is none that can be read. */
  #keptIdentity(name: string): Uint8Array | HoldfastError | undefined {
    const path = `${this.#folderOf(name)}/identity`
    try {
      return readSecret(path)
    } catch (error) {
      if (!hasCode(error, 'CORRUPT') && !hasCode(error, 'UNREADABLE')) throw error
      return new HoldfastError(error.code, error.message, {
        cause: error,
        hint: `Remove ${path}: the node gets its identity again from the grid's secret`,
      })
    }
  }

  #folderOf(name: string): string {
    const { home } = this.#surroundings
    return name === 'coordinator' ? home.coordinator : `${home.nodes}/${name}`
  }

  #configOf(name: string): string {
    if (name === 'coordinator') return coordinatorToml(this.#surroundings, this.plan)
    const node = this.plan.nodes.find((planned) => planned.name === name)
    assert(node !== undefined, `${name} is planned`)
    return nodeToml(this.#surroundings, { plan: this.plan, node })
  }
}

/** The environment without our settings: the processes take them from their files alone. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('HOLDFAST_')),
  )
}
