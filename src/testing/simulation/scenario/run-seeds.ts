/** Runs scenarios one after the other in this process. */
import { createNativePrimitives } from '../../../core/adapters/native-primitives.ts'
import { EngineRooms } from '../grid/engine-rooms.ts'
import { plantedFaults } from './planted.ts'
import { runScenario } from './scenario.ts'
import type { ScenarioResult } from './scenario.ts'

export interface SeedRun {
  readonly seeds: Iterable<number>
  /** Of `plantedFaults`. */
  readonly fault?: string | undefined
  readonly echo?: ((line: string) => void) | undefined
  /** Told of each scenario; false ends the run. */
  readonly done: (seed: number, result: ScenarioResult) => boolean
}

export async function runSeeds({ seeds, fault, echo, done }: SeedRun): Promise<void> {
  const primitives = createNativePrimitives()
  const rooms = new EngineRooms()
  for (const seed of seeds) {
    const plants = fault === undefined ? {} : plantedFaults[fault]!()
    const result = await runScenario({ seed, primitives, rooms, plants, ...(echo && { echo }) })
    if (!done(seed, result)) return
  }
}
