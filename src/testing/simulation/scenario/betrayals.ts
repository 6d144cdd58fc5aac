/** Nodes that lose what they acknowledged, or lie about it: no more of them than redundancy allows for. */
import type { NodeHost } from '../grid/node-host.ts'
import type { Deed, Stage } from './stage.ts'

/** From now on the node counts as in trouble, until all is healed. */
function betray(stage: Stage, what: string, how: (node: NodeHost) => void): void {
  if (stage.faithless.length === 0) return
  const node = stage.random.pick(stage.faithless)
  stage.ill({ machine: node.name, what, heal: () => {}, mostMs: Infinity })
  how(node)
}

export const flipAtRest: Deed = (stage) =>
  betray(stage, 'bits flip at rest', ({ disk }) => {
    for (let bits = stage.random.between(1, 4); bits > 0; bits -= 1) disk.flipBit('segments/')
  })

export const tellLies: Deed = (stage) => {
  if (stage.faithless.length === 0) return
  const node = stage.random.pick(stage.faithless)
  node.lie = stage.random.pick(['wrong-bytes', 'keeps-nothing'] as const)
  const heal = (): void => {
    node.lie = 'none'
  }
  // What it did not keep is missed until the next census
  stage.ill({
    machine: node.name,
    what: 'keeps less than it says',
    heal: () => {},
    mostMs: Infinity,
  })
  stage.ill({ machine: node.name, what: `lies: ${node.lie}`, heal, mostMs: 20_000 })
}

/** The disk as it was some time ago. */
export const restoreImage: Deed = (stage) =>
  betray(stage, 'gets an old image of its disk', (node) => {
    const image = node.disk.snapshot()
    const restore = (): void => {
      node.note('goes back to an old image')
      node.crash({ power: false, silent: false })
      node.disk.restore(image)
      stage.restart(node)
    }
    stage.ill({ machine: node.name, what: 'image taken', heal: restore })
  })

export const emptyDisk: Deed = (stage) =>
  betray(stage, 'gets an empty disk', (node) => {
    node.crash({ power: false, silent: false })
    node.disk.replace()
    stage.restart(node)
  })
