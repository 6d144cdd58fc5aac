/** Links that are cut, slow, or change what they carry. */
import { calmLink } from '../simulated-network.ts'
import type { LinkConditions } from '../simulated-link.ts'
import { anyClient, anyNode } from './stage.ts'
import type { Deed, Stage } from './stage.ts'

interface Ends {
  readonly left: string
  readonly right: string
  /** Who is in trouble by it. */
  readonly machine: string
}

/** Between a client or the coordinator and a node, or between a client and the coordinator. */
function anyLink(stage: Stage): Ends {
  const node = anyNode(stage).name
  const client = anyClient(stage).name
  const coordinator = stage.grid.coordinator.name
  return stage.random.pick([
    { left: client, right: node, machine: node },
    { left: client, right: node, machine: node },
    { left: coordinator, right: node, machine: node },
    { left: client, right: coordinator, machine: client },
  ])
}

/** In one direction, so that the link is half open, or in both. */
export const cutLink: Deed = (stage) => {
  const { left, right, machine } = anyLink(stage)
  const { network } = stage.grid.parts
  const directions = stage.random.pick([
    [[left, right]],
    [[right, left]],
    [
      [left, right],
      [right, left],
    ],
  ] as const)
  for (const [from, to] of directions) network.cut(from, to)
  const heal = (): void => {
    for (const [from, to] of directions) network.mend(from, to)
    if (stage.random.chance(0.5)) network.reset(left, right)
  }
  const what = `link ${left} to ${right} is cut${directions.length === 1 ? ' one way' : ''}`
  stage.ill({ machine, what, heal, mostMs: 40_000 })
}

export const resetLink: Deed = (stage) => {
  const { left, right, machine } = anyLink(stage)
  stage.grid.parts.network.reset(left, right)
  stage.ill({ machine, what: `link ${left} to ${right} was reset`, heal: () => {}, mostMs: 0 })
}

export const slowLink: Deed = (stage) => {
  const { random } = stage
  const latencyMs = random.pick([5, 50, 400])
  const bytesPerMs = random.pick([10, 200, 5000])
  const conditions = { latencyMs, bytesPerMs, jitterMs: latencyMs * random.fraction() }
  spoilLink(stage, { conditions, what: `is slow: ${latencyMs} ms, ${bytesPerMs} B/ms` })
}

export const flipInFlight: Deed = (stage) => {
  const flipChance = stage.random.pick([0.03, 0.1, 0.3])
  spoilLink(stage, { conditions: { flipChance }, what: `flips bits: ${flipChance}` })
}

function spoilLink(
  stage: Stage,
  { conditions, what }: { readonly conditions: Partial<LinkConditions>; readonly what: string },
): void {
  const { left, right, machine } = anyLink(stage)
  const { network } = stage.grid.parts
  network.setLink(left, right, conditions)
  const heal = (): void => network.setLink(left, right, calmLink)
  stage.ill({ machine, what: `link ${left} to ${right} ${what}`, heal, mostMs: 15_000 })
}

export const refuseConnects: Deed = (stage) => {
  const { name } = anyNode(stage)
  const { network } = stage.grid.parts
  const mode = stage.random.pick(['refuse', 'hang'] as const)
  network.setConnects(name, mode)
  const heal = (): void => network.setConnects(name, 'accept')
  stage.ill({ machine: name, what: `connections to ${name}: ${mode}`, heal })
}

export const loseAnswers: Deed = (stage) => {
  const client = anyClient(stage)
  client.answersLost = stage.random.pick([0.1, 0.4])
  const heal = (): void => {
    client.answersLost = 0
  }
  stage.ill({ machine: client.name, what: 'answers are lost', heal })
}
