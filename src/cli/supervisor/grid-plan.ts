/** What `up` runs: a coordinator and nodes, each with a name, an address and a configuration. */
import { HoldfastError } from '../../base/errors.ts'
import type { LoadedSettings } from '../../config/load.ts'
import { settingsToml } from '../../config/write.ts'

export const localHost = '127.0.0.1'

export interface PlannedNode {
  /** `n1`, `n2`… */
  readonly name: string
  readonly address: string
  /** Public key, hex. */
  readonly identity: string
}

export interface GridPlan {
  readonly coordinator: { readonly address: string; readonly identity: string }
  readonly nodes: readonly PlannedNode[]
}

/**
 * How many nodes to run in a home that has `there` already: as many as asked for, at least as many as there
 * are. Throws BAD_USAGE when fewer were asked for: nodes keep shards.
 */
export function nodeCount(loaded: LoadedSettings, there: number): number {
  const asked = loaded.settings.grid.nodes
  const line = loaded.lines.find(({ key }) => key === 'grid.nodes')
  if (asked >= there) return asked
  if (line?.origin === 'default') return there
  throw fewerNodes(`${line?.where} asks for ${asked}`, there)
}

/** The same of what `--nodes` says, before it is looked at whether a grid can have so few. */
export function checkAskedNodes(text: string, there: number): void {
  if (!/^\d{1,9}$/.test(text) || Number(text) >= there) return
  throw fewerNodes(`--nodes asks for ${Number(text)}`, there)
}

function fewerNodes(asked: string, there: number): HoldfastError {
  return new HoldfastError(
    'BAD_USAGE',
    `This home has ${there} nodes, and ${asked}: nodes keep shards and cannot be left out`,
    { hint: `Ask for ${there} nodes or more` },
  )
}

/** Names of `count` nodes. */
export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `n${at + 1}`)
}

/** How many nodes a home has, by the names in its folder of nodes. */
export function nodesThere(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => Number(/^n([1-9]\d{0,3})$/.exec(name)?.[1] ?? 0)))
}

/** The configuration of the coordinator of this plan: what the user set, with the nodes filled in. */
export function coordinatorToml(loaded: LoadedSettings, plan: GridPlan): string {
  const values: Record<string, string> = { 'coordinator.listen': plan.coordinator.address }
  for (const [at, { name, address, identity }] of plan.nodes.entries()) {
    const row = `coordinator.nodes[${at}]`
    values[`${row}.name`] = name
    values[`${row}.address`] = address
    values[`${row}.identity`] = identity
  }
  const kept = loaded.lines.filter(
    ({ key }) =>
      !key.startsWith('coordinator.nodes') && key !== 'coordinator.folder' && isShared(key),
  )
  return settingsToml(kept, values)
}

/** The configuration of one node of this plan. */
export function nodeToml(
  loaded: LoadedSettings,
  { plan, node }: { readonly plan: GridPlan; readonly node: PlannedNode },
): string {
  const kept = loaded.lines.filter(({ key }) => key.startsWith('grid.') || key === 'node.reserve')
  return settingsToml(
    kept.filter(({ key }) => isShared(key)),
    {
      'node.name': node.name,
      'node.listen': node.address,
      'node.coordinator': plan.coordinator.address,
      'node.coordinatorIdentity': plan.coordinator.identity,
    },
  )
}

/** Whether a setting of `up` means something to the processes it runs. */
function isShared(key: string): boolean {
  const own = ['grid.nodes', 'grid.basePort', 'grid.coordinatorPort', 'grid.restart']
  return !own.includes(key) && !key.startsWith('client.')
}
