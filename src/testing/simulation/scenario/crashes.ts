/** Machines and programs that die at any step, and come back. */
import type { Machine } from '../grid/machine.ts'
import type { NodeHost } from '../grid/node-host.ts'
import type { Step } from '../grid/process.ts'
import { anyClient, anyNode } from './stage.ts'
import type { Deed, Stage } from './stage.ts'

/** The latest step of its kind at which one dies: some are rare, some are many even in a short while. */
const stepsMax: Readonly<Record<Step, number>> = {
  'disk-change': 8,
  'disk-read': 20,
  sql: 60,
  send: 25,
  receive: 25,
}

export const crashNodeSoon: Deed = (stage) => {
  const node = anyNode(stage)
  const step = stage.random.pick<Step>([
    'disk-change',
    'disk-change',
    'disk-change',
    'disk-read',
    'send',
    'receive',
  ])
  soon(stage, { machine: node, step, die: () => crashNode(stage, node) })
}

export function crashNode(stage: Stage, node: NodeHost): void {
  if (node.process === undefined) return
  const { random } = stage
  const [power, silent] = [random.chance(0.6), random.chance(0.3)]
  stage.grid.parts.count(`crash: nodes, ${power ? 'power cut' : 'process killed'}`)
  node.note(`crashes${power ? ', power cut' : ''}${silent ? ', silently' : ''}`)
  node.crash({ power, silent })
  stage.restart(node)
}

export const crashCoordinatorSoon: Deed = (stage) => {
  const { coordinator } = stage.grid
  const step = stage.random.pick<Step>(['sql', 'sql', 'send', 'receive'])
  const die = (): void => {
    coordinator.note('crashes')
    stage.grid.parts.count('crash: coordinator')
    coordinator.crash({ silent: stage.random.chance(0.3) })
    stage.restart(coordinator)
  }
  soon(stage, { machine: coordinator, step, die })
}

/** The user sees to the next process. */
export const crashClientSoon: Deed = (stage) => {
  const client = anyClient(stage)
  const step = stage.random.pick<Step>(['send', 'receive'])
  const die = (): void => {
    client.note('crashes')
    stage.grid.parts.count('crash: clients')
    client.crash({ silent: stage.random.chance(0.3) })
    if (stage.random.chance(0.1)) client.forgetIndexes()
  }
  soon(stage, { machine: client, step, die })
}

function soon(
  { random }: Stage,
  dying: { readonly machine: Machine; readonly step: Step; readonly die: () => void },
): void {
  const { machine, step, die } = dying
  machine.dieAt(step, random.between(1, stepsMax[step]), die)
}
