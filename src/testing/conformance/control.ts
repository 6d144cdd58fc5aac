/**
 * What everything that carries control requests must do: run over HTTP, over HTTP in TLS, and over the
 * simulated network.
 */
import { describe, test } from 'node:test'
import { carryingChecks } from './control/carrying.ts'
import { coordinatorChecks } from './control/coordinator.ts'
import { endingChecks } from './control/ending.ts'
import { limitChecks } from './control/limits.ts'
import { ControlScene } from './control/scene.ts'
import type { ControlCheck, ControlUnderTest } from './control/scene.ts'

const suites: Record<string, Record<string, ControlCheck>> = {
  carrying: carryingChecks,
  limits: limitChecks,
  ending: endingChecks,
  coordinator: coordinatorChecks,
}

/** Each check runs in a world of its own. */
export function describeControl(name: string, make: () => ControlUnderTest): void {
  describe(`control over ${name}`, () => {
    for (const [suite, checks] of Object.entries(suites)) {
      for (const [title, check] of Object.entries(checks)) {
        test(`${suite}: ${title}`, async () => {
          const world = make()
          await world.run(runIn(new ControlScene(world), check))
        })
      }
    }
  })
}

async function runIn(scene: ControlScene, check: ControlCheck): Promise<void> {
  try {
    await check(scene)
  } finally {
    await scene.end()
  }
}
