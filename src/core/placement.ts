/**
 * Which nodes get a pack's shards: rendezvous order (highest random weight), spread over zones first. Two
 * that know the same nodes choose the same places; a node added takes its share and moves nothing else.
 */
import { HoldfastError } from '../base/errors.ts'
import { label, labelledHash } from './hashing.ts'
import { policyText, type Policy } from './policy.ts'
import type { Primitives } from './primitives.ts'
import { idBytes, sized } from './sized.ts'

const placeLabel = label('place')

export interface PlacementNode {
  /** Node id, hex. */
  readonly node: string
  readonly zone: string
  readonly state: 'active' | 'draining' | 'evicted'
  /** Whether it answers now. */
  readonly up: boolean
}

export interface Place {
  readonly index: number
  readonly node: string
  /** False for a place that is wanted, at a node that is down: nothing is sent there now. */
  readonly up: boolean
}

export interface PlacementRequest {
  /** Pack id, 16 bytes. */
  readonly pack: Uint8Array
  readonly policy: Policy
  readonly nodes: readonly PlacementNode[]
}

/**
 * A place for each shard index, in order; the first ones are at nodes that are up, so that what is missing
 * is parity. BAD_POLICY when fewer nodes may hold shards than there are shards.
 */
export function placeShards(primitives: Primitives, request: PlacementRequest): Place[] {
  const { pack, policy } = request
  const shards = policy.k + policy.m
  const active = request.nodes.filter(({ state }) => state === 'active')
  if (active.length < shards) {
    throw new HoldfastError(
      'BAD_POLICY',
      `Cannot place ${policyText(policy)}: ${shards} shards need ${shards} nodes, there are ${active.length}`,
      { details: { shards, nodes: active.length } },
    )
  }
  const ranked = rank(primitives, sized(pack, idBytes, 'a pack id'), active)
  const chosen = spread(ranked, shards)
  return chosen.map(({ node, up }, index) => Object.freeze({ index, node, up }))
}

/** All nodes, the highest weight for this pack first. */
function rank(
  primitives: Primitives,
  pack: Uint8Array,
  nodes: readonly PlacementNode[],
): PlacementNode[] {
  const weighed = nodes.map((node) => {
    const hash = labelledHash(primitives, placeLabel, pack, Uint8Array.fromHex(node.node))
    return { node, weight: new DataView(hash.buffer, hash.byteOffset).getBigUint64(0) }
  })
  weighed.sort((left, right) => (left.weight < right.weight ? 1 : -1))
  return weighed.map(({ node }) => node)
}

/** Takes one after the other from the zones with the fewest so far; nodes that are down only at the end. */
function spread(ranked: readonly PlacementNode[], count: number): PlacementNode[] {
  const left = new Set(ranked)
  const perZone = new Map<string, number>()
  const chosen: PlacementNode[] = []
  while (chosen.length < count) {
    const best = bestOf(left, perZone)
    left.delete(best)
    perZone.set(best.zone, (perZone.get(best.zone) ?? 0) + 1)
    chosen.push(best)
  }
  return chosen
}

/** `candidates` is in order of weight and not empty. */
function bestOf(
  candidates: ReadonlySet<PlacementNode>,
  perZone: ReadonlyMap<string, number>,
): PlacementNode {
  let best: PlacementNode | undefined
  let bestRank = Infinity
  for (const node of candidates) {
    const rankOfNode = (node.up ? 0 : 1e6) + (perZone.get(node.zone) ?? 0)
    if (rankOfNode < bestRank) [best, bestRank] = [node, rankOfNode]
  }
  return best!
}

export interface PlacementToCheck {
  readonly policy: Policy
  /** Durable shards this write needs: the policy's threshold, or what the user allowed. */
  readonly threshold: number
  /** All of the grid. */
  readonly nodes: readonly PlacementNode[]
  readonly shards: readonly {
    readonly index: number
    readonly node: string
    readonly durable: boolean
  }[]
}

/**
 * The rule a registration keeps, whatever map its client had: all indices once, distinct nodes that are
 * known and not evicted (BAD_POLICY), and the threshold of durable shards, in as many zones as it could
 * reach (TOO_FEW_NODES). Zones none of whose nodes is `up`, which is to say takes shards, do not count.
 */
export function checkPlacement(placement: PlacementToCheck): void {
  const why = ruleComplaint(placement)
  if (why !== undefined) throw new HoldfastError('BAD_POLICY', `Cannot take this placement: ${why}`)
  checkThreshold(placement)
}

function ruleComplaint({ policy, nodes, shards }: PlacementToCheck): string | undefined {
  const count = policy.k + policy.m
  const indices = new Set(shards.map(({ index }) => index))
  if (shards.length !== count || indices.size !== count || !shards.every(isWithin(count))) {
    return `it names ${shards.length} shards, ${count} with the indices 0 to ${count - 1} are wanted`
  }
  if (new Set(shards.map(({ node }) => node)).size < count) return 'a node has two of its shards'
  const states = new Map(nodes.map(({ node, state }) => [node, state]))
  for (const { node } of shards) {
    const state = states.get(node)
    if (state === undefined) return `node ${node} is none of this grid`
    if (state === 'evicted') return `node ${node} is evicted`
  }
  return undefined
}

function isWithin(count: number): (shard: { readonly index: number }) => boolean {
  return ({ index }) => Number.isInteger(index) && index >= 0 && index < count
}

function checkThreshold({ threshold, nodes, shards }: PlacementToCheck): void {
  const zones = new Map(nodes.map(({ node, zone }) => [node, zone]))
  const durable = shards.filter((shard) => shard.durable)
  if (durable.length < threshold) {
    throw new HoldfastError(
      'TOO_FEW_NODES',
      `Cannot take this pack: ${durable.length} of its shards are durable, ${threshold} are needed`,
    )
  }
  const usable = nodes.filter(({ state, up }) => state === 'active' && up)
  const wanted = Math.min(new Set(usable.map(({ zone }) => zone)).size, threshold)
  const reached = new Set(durable.map(({ node }) => zones.get(node))).size
  if (reached >= wanted) return
  throw new HoldfastError(
    'TOO_FEW_NODES',
    `Cannot take this pack: its durable shards are in ${reached} zones, ${wanted} are needed`,
  )
}
