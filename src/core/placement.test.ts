import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../base/bytes.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { checkPlacement, placeShards, type Place, type PlacementNode } from './placement.ts'
import type { Policy } from './policy.ts'

const primitives = createNativePrimitives()
const random = new SeededRandom(11)

function policyOf(k: number, m: number): Policy {
  return { code: 1, k, m, threshold: k + 1 }
}

/** Nodes in turn in `zones` zones. */
function nodesOf(count: number, zones = 1): PlacementNode[] {
  return Array.from({ length: count }, (_, at) => ({
    node: toHex(random.bytes(16)),
    zone: `zone-${at % zones}`,
    state: 'active',
    up: true,
  }))
}

function place(nodes: readonly PlacementNode[], policy: Policy, pack = random.bytes(16)): Place[] {
  return placeShards(primitives, { pack, policy, nodes })
}

function countBy(items: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

/** Sum over all nodes of (found − due)² / due. */
function chiSquare(counts: Iterable<number>, due: number): number {
  let sum = 0
  for (const count of counts) sum += (count - due) ** 2 / due
  return sum
}

for (const [count, zones, policy] of [
  [4, 1, policyOf(1, 1)],
  [4, 4, policyOf(2, 1)],
  [7, 1, policyOf(2, 2)],
  [20, 1, policyOf(4, 2)],
  [20, 5, policyOf(6, 3)],
] as const) {
  const shards = policy.k + policy.m
  test(`${shards} shards spread evenly over ${count} nodes in ${zones} zones, whatever the index`, () => {
    const nodes = nodesOf(count, zones)
    const packs = 3000
    const places = Array.from({ length: packs }, () => place(nodes, policy)).flat()
    const due = (packs * shards) / count
    const perNode = countBy(places.map(({ node }) => node))
    assert.equal(perNode.size, count)
    for (const found of perNode.values()) assert.ok(Math.abs(found - due) / due < 0.1, `${found}`)
    // A draw would stay below this once in a million times; choosing without putting back, sooner.
    assert.ok(chiSquare(perNode.values(), due) < count + 6 * Math.sqrt(2 * count))
    const first = countBy(places.filter(({ index }) => index === 0).map(({ node }) => node))
    assert.ok(chiSquare(first.values(), packs / count) < count + 6 * Math.sqrt(2 * count))
  })
}

test('a node added takes its share and moves nothing else', () => {
  for (const zones of [1, 3]) {
    const nodes = nodesOf(9, zones)
    const added = { ...nodesOf(1)[0]!, zone: 'zone-0' }
    const policy = policyOf(2, 1)
    let moved = 0
    for (let at = 0; at < 1000; at += 1) {
      const pack = random.bytes(16)
      const before = new Set(place(nodes, policy, pack).map(({ node }) => node))
      const after = place([...nodes, added], policy, pack).map(({ node }) => node)
      const fresh = after.filter((node) => !before.has(node))
      assert.ok(fresh.every((node) => zones > 1 || node === added.node))
      moved += fresh.length
    }
    const share = (1000 * 3) / 10
    assert.ok(moved < share * 1.25, `${moved} of 3000 moved in ${zones} zones`)
    assert.ok(moved > share * 0.6)
  }
})

test('every place is on a node of its own, and zones are filled evenly', () => {
  const request = fc.record({
    nodes: fc.array(
      fc.record({
        zone: fc.constantFrom('a', 'b', 'c'),
        state: fc.constantFrom('active' as const, 'draining' as const, 'evicted' as const),
        up: fc.boolean(),
      }),
      { minLength: 2, maxLength: 14 },
    ),
    k: fc.integer({ min: 1, max: 4 }),
    m: fc.integer({ min: 1, max: 2 }),
  })
  fc.assert(
    fc.property(request, ({ nodes: some, k, m }) => {
      const nodes = some.map((node) => ({ ...node, node: toHex(random.bytes(16)) }))
      const active = nodes.filter(({ state }) => state === 'active')
      if (active.length < k + m) {
        const message = new RegExp(`${k}\\+${m}.*need ${k + m} nodes, there are ${active.length}`)
        assert.throws(() => place(nodes, policyOf(k, m)), { code: 'BAD_POLICY', message })
        return
      }
      checkPlaces(active, place(nodes, policyOf(k, m)), k + m)
    }),
    { seed: 9, numRuns: 400 },
  )
})

function checkPlaces(active: readonly PlacementNode[], places: Place[], shards: number): void {
  assert.deepEqual(
    places.map(({ index }) => index),
    Array.from({ length: shards }, (_, at) => at),
  )
  assert.equal(new Set(places.map(({ node }) => node)).size, shards)
  const usable = active.filter(({ up }) => up)
  const sent = places.filter(({ up }) => up)
  assert.equal(sent.length, Math.min(shards, usable.length))
  assert.ok(
    sent.every(({ index }) => index < sent.length),
    'what is wanted only comes last',
  )
  const zoneOf = new Map(active.map(({ node, zone }) => [node, zone]))
  const perZone = countBy(sent.map(({ node }) => zoneOf.get(node)!))
  const most = Math.max(0, ...perZone.values())
  for (const [zone, room] of countBy(usable.map(({ zone: name }) => name))) {
    const taken = perZone.get(zone) ?? 0
    assert.ok(taken >= most - 1 || taken === room, `zone ${zone} has ${taken} of ${most}`)
  }
}

test('the order in which nodes are told does not matter', () => {
  const nodes = nodesOf(8, 3)
  const pack = random.bytes(16)
  assert.deepEqual(
    place(nodes.toReversed(), policyOf(3, 2), pack),
    place(nodes, policyOf(3, 2), pack),
  )
})

const four = nodesOf(4, 2)
const shards = four.map(({ node }, index) => ({ index, node, durable: true }))
const placement = { policy: policyOf(2, 2), threshold: 3, nodes: four, shards }

test('a placement that keeps the rule is taken, whoever chose it', () => {
  checkPlacement(placement)
  checkPlacement({ ...placement, shards: shards.toReversed() })
  const draining = four.map((node) => ({ ...node, state: 'draining' as const, up: false }))
  checkPlacement({ ...placement, nodes: draining })
})

test('a placement that breaks the rule is refused with what breaks it', () => {
  const [first, second, ...rest] = shards
  assert.ok(first !== undefined && second !== undefined)
  const wrong: [why: RegExp, change: Partial<typeof placement>][] = [
    [/3 shards, 4 with/, { shards: shards.slice(1) }],
    [/4 shards, 4 with/, { shards: [first, { ...second, index: 0 }, ...rest] }],
    [/indices 0 to 3/, { shards: [first, { ...second, index: 4 }, ...rest] }],
    [/indices 0 to 3/, { shards: [first, { ...second, index: 0.5 }, ...rest] }],
    [/two of its shards/, { shards: [first, { ...second, node: first.node }, ...rest] }],
    [/none of this grid/, { nodes: four.slice(1) }],
    [/is evicted/, { nodes: [{ ...four[0]!, state: 'evicted' }, ...four.slice(1)] }],
  ]
  for (const [message, change] of wrong) {
    const refusal = { code: 'BAD_POLICY', message }
    assert.throws(() => checkPlacement({ ...placement, ...change }), refusal)
  }
})

function durable(...indices: number[]): typeof shards {
  return shards.map((shard) => ({ ...shard, durable: indices.includes(shard.index) }))
}

test('the threshold counts durable shards and the zones they are in', () => {
  checkPlacement({ ...placement, shards: durable(0, 1, 2) })
  const few = { code: 'TOO_FEW_NODES', message: /2 of its shards are durable, 3 are needed/ }
  assert.throws(() => checkPlacement({ ...placement, shards: durable(0, 2) }), few)
  const allowed = { ...placement, threshold: 2 }
  checkPlacement({ ...allowed, shards: durable(0, 1) })
  const oneZone = { code: 'TOO_FEW_NODES', message: /in 1 zones, 2 are needed/ }
  assert.throws(() => checkPlacement({ ...allowed, shards: durable(0, 2) }), oneZone)
  const oneZoneUp = four.map((node) => ({ ...node, up: node.zone === 'zone-0' }))
  checkPlacement({ ...allowed, nodes: oneZoneUp, shards: durable(0, 2) })
})
