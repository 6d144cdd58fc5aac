/** What all kinds of mischief work with. */
import type { ClientHost } from '../grid/client-host.ts'
import type { SimulatedGrid } from '../grid/grid.ts'
import type { NodeHost } from '../grid/node-host.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Troubles } from './troubles.ts'

export interface Stage {
  readonly grid: SimulatedGrid
  readonly troubles: Troubles
  readonly random: SeededRandom
  /** Nodes that may lose what they acknowledged: by bad disks, by operators, by lies. */
  readonly faithless: readonly NodeHost[]
  /** Something is wrong with a machine for a while; `heal` is called once, at the end of all mischief at latest. */
  ill(illness: Illness): void
  /** Starts again a machine that crashed, after a while. */
  restart(machine: Restartable): void
}

export interface Illness {
  readonly machine: string
  readonly what: string
  readonly heal: () => void
  /** How long at most, ms. */
  readonly mostMs?: number
}

export interface Restartable {
  readonly name: string
  readonly process: unknown
  readonly ended: Promise<'ended'>
  start(): Promise<void>
}

export type Deed = (stage: Stage) => void

export function anyNode({ grid, random }: Stage): NodeHost {
  return random.pick(grid.nodes)
}

export function anyClient({ grid, random }: Stage): ClientHost {
  return random.pick(grid.clients)
}
