/** Shards that gave wrong bytes, or none, where they should have: told to the coordinator, which looks itself. */
import { limits } from '../../base/limits.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { Cluster } from '../cluster.ts'
import type { Session } from '../session.ts'
import type { PackPlaces } from './places.ts'

type Suspect = ControlRequest<'shards/suspect'>['shards'][number]

export interface SuspectsParts {
  readonly session: Session
  readonly cluster: Cluster
  /** Hex. */
  readonly vault: string
}

export class Suspects {
  readonly #parts: SuspectsParts
  readonly #found = new Map<string, Suspect>()

  constructor(parts: SuspectsParts) {
    this.#parts = parts
  }

  /** Others are asked before its node for a while. */
  add({ pack, generation, shards }: PackPlaces, index: number): void {
    const key = `${pack} ${index} ${generation}`
    if (this.#found.has(key) || this.#found.size >= limits.suspectsWaitingMax) return
    const { cluster, session } = this.#parts
    this.#found.set(key, { pack, index, generation })
    const node = shards.find((shard) => shard.index === index)?.node
    if (node !== undefined) cluster.dawdled(node)
    session.world.logger.warn('shard gave wrong bytes', { pack, index, node: node ?? '' })
  }

  /** Tells of all, once. Never rejects: it is a courtesy. */
  async tell(): Promise<void> {
    const { session, vault } = this.#parts
    const found = [...this.#found.values()]
    this.#found.clear()
    try {
      for (let at = 0; at < found.length; at += limits.suspectShardsMax) {
        const shards = found.slice(at, at + limits.suspectShardsMax)
        await session.control.call('shards/suspect', { vault, shards }, { triesMax: 1 })
      }
    } catch (error) {
      session.world.logger.debug('suspects were not told', { error: String(error) })
    }
  }
}
