/**
 * Which nodes the shards of one pack go to, and when enough of them are durable. Nothing is sent here:
 * `pack-sender.ts` asks again after everything that happens.
 */
import type { PlacementNode } from '../../core/placement.ts'

/** A node as a writer sees it now. */
export interface WriterNode extends Omit<PlacementNode, 'up'> {
  /** It would take a shard, as far as is known, however slowly. */
  readonly isWritable: boolean
  /** Others are faster by far. */
  readonly isSlow: boolean
}

export interface ShardChoice {
  /** Durable shards that the pack needs. */
  readonly threshold: number
  readonly nodes: readonly WriterNode[]
}

/** A shard of the pack and where it is, or is wanted. */
export interface ChosenShard {
  readonly index: number
  readonly node: string
  readonly isDurable: boolean
  /** `left-out`: its node is asked only when it cannot be enough without it. */
  readonly state: 'left-out' | 'under-way' | 'settled'
}

/** As placement takes them: slow ones only where their zones cannot be reached otherwise. */
export function placementNodes({ threshold, nodes }: ShardChoice): PlacementNode[] {
  const quick = zonesOf(nodes.filter(({ isWritable, isSlow }) => isWritable && !isSlow))
  const lacks = quick.size < threshold
  return nodes.map(({ node, zone, state, isWritable, isSlow }) => {
    const isNeeded = lacks && !quick.has(zone)
    return { node, zone, state, up: isWritable && (!isSlow || isNeeded) }
  })
}

/** Whether shards at these nodes are the threshold, in as many zones as can be reached. */
export function isEnough(choice: ShardChoice, holders: readonly string[]): boolean {
  return holders.length >= choice.threshold && lackingZones(choice, holders).size === 0
}

/** Of the shards left out, those to be sent now: without them it cannot be enough. */
export function toSendNow(choice: ShardChoice, shards: readonly ChosenShard[]): ChosenShard[] {
  const holders = hopes(shards)
  const chosen: ChosenShard[] = []
  let left = shards.filter(({ state, node }) => state === 'left-out' && takesShards(choice, node))
  while (left.length > 0 && !isEnough(choice, holders)) {
    const zones = lackingZones(choice, holders)
    const isNear = holders.length < choice.threshold
    const next = left.find(({ node }) => zones.has(zoneOf(choice, node))) ?? (isNear && left[0])
    if (!next) break
    chosen.push(next)
    holders.push(next.node)
    left = left.filter((shard) => shard !== next)
  }
  return chosen
}

/**
 * A durable shard that is to be sent once more, and the node for it: when there are shards enough but a zone
 * that can be reached has none, as when it came back meanwhile.
 */
export function toMove(
  choice: ShardChoice,
  shards: readonly ChosenShard[],
  tried: ReadonlySet<string>,
): { readonly shard: ChosenShard; readonly node: string } | undefined {
  const holders = hopes(shards)
  if (holders.length < choice.threshold) return undefined
  const zones = lackingZones(choice, holders)
  const free = freeNodes(choice, shards, tried).find(({ zone }) => zones.has(zone))
  const durable = shards.filter(({ isDurable }) => isDurable)
  const shard = durable.find(({ node }) => countIn(choice, durable, zoneOf(choice, node)) > 1)
  return free && shard && { shard, node: free.node }
}

/**
 * A node for a shard that its own did not take: it holds, and will hold, none of this pack; in the zone with
 * the fewest others, as a pack may need each zone that can be reached.
 */
export function spareFor(
  choice: ShardChoice,
  shards: readonly ChosenShard[],
  lost: { readonly shard: ChosenShard; readonly tried: ReadonlySet<string> },
): string | undefined {
  const others = shards.filter((shard) => shard !== lost.shard)
  const free = freeNodes(choice, shards, lost.tried)
  const crowd = (zone: string): number => countIn(choice, others, zone)
  return free.toSorted((left, right) => crowd(left.zone) - crowd(right.zone))[0]?.node
}

/** Nodes of the shards that are durable, or may be soon. */
function hopes(shards: readonly ChosenShard[]): string[] {
  return shards
    .filter(({ isDurable, state }) => isDurable || state === 'under-way')
    .map(({ node }) => node)
}

/** Zones that could be reached and have none of these nodes, when more zones are needed; else none. */
function lackingZones(choice: ShardChoice, holders: readonly string[]): Set<string> {
  const usable = zonesOf(choice.nodes.filter((node) => node.isWritable))
  const reached = new Set(holders.map((node) => zoneOf(choice, node)))
  const wanted = Math.min(choice.threshold, usable.size)
  return reached.size >= wanted ? new Set() : usable.difference(reached)
}

function freeNodes(
  { nodes }: ShardChoice,
  shards: readonly ChosenShard[],
  tried: ReadonlySet<string>,
): WriterNode[] {
  const taken = new Set(shards.map(({ node }) => node))
  return nodes.filter((one) => one.isWritable && !taken.has(one.node) && !tried.has(one.node))
}

function countIn(choice: ShardChoice, shards: readonly ChosenShard[], zone: string): number {
  return shards.filter(({ node }) => zoneOf(choice, node) === zone).length
}

function takesShards({ nodes }: ShardChoice, id: string): boolean {
  return nodes.some(({ node, isWritable }) => node === id && isWritable)
}

function zonesOf(nodes: readonly WriterNode[]): Set<string> {
  return new Set(nodes.map(({ zone }) => zone))
}

/** Empty for a node that the map no longer has. */
function zoneOf({ nodes }: ShardChoice, id: string): string {
  return nodes.find(({ node }) => node === id)?.zone ?? ''
}
