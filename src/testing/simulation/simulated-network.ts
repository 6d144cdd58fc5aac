import type { Network } from '../../base/network.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface LinkConditions {
  /** One way, ms. */
  readonly latencyMs: number
  /** Added to each delivery, from 0 to this. */
  readonly jitterMs: number
  readonly bytesPerMs: number
  /** Chance that a delivered piece has one bit flipped. */
  readonly flipChance: number
}

/** A network of named hosts on one scheduler; addresses are `host:port`. The same seed gives the same run. */
export interface SimulatedNetwork {
  /** The network as this host sees it. */
  host(name: string): Network
  /** Its connections end, its listeners are gone; packets under way are lost. */
  crash(name: string): void
  /** Conditions from now on between two hosts, both directions. */
  setLink(left: string, right: string, conditions: Partial<LinkConditions>): void
  /** Nothing passes from `from` to `to` (one direction): no bytes, no ends. Connections stay as they are. */
  cut(from: string, to: string): void
  /** Heals a cut: what waited is delivered. */
  mend(from: string, to: string): void
  /** Ends all connections between the two hosts with an error on both sides. */
  reset(left: string, right: string): void
  /** What happens to attempts to connect to this host: refused at once, or never answered. */
  setConnects(name: string, mode: 'accept' | 'refuse' | 'hang'): void
}

export function simulatedNetwork(world: {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly conditions?: Partial<LinkConditions>
}): SimulatedNetwork {
  throw new Error('to be made', { cause: world })
}
