import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEnough, placementNodes, spareFor, toMove, toSendNow } from './shard-choice.ts'
import type { ChosenShard, ShardChoice, WriterNode } from './shard-choice.ts'

interface Told {
  readonly isSlow?: boolean
  readonly isWritable?: boolean
}

/** Nodes in order: `a1` is in zone `a`. */
function choiceOf(nodes: Readonly<Record<string, Told>>, threshold = 3): ShardChoice {
  const writers = Object.entries(nodes).map(([node, told]): WriterNode => {
    const zone = node[0]!
    return { node, zone, state: 'active', isSlow: false, isWritable: true, ...told }
  })
  return { threshold, nodes: writers }
}

/** `a1+` is durable, `a1-` failed, `a1~` under way, `a1?` left out. */
function shardsAt(...places: readonly string[]): ChosenShard[] {
  const states = { '+': 'settled', '-': 'settled', '~': 'under-way', '?': 'left-out' } as const
  return places.map((place, index) => {
    const sign = place.at(-1) as keyof typeof states
    return { index, node: place.slice(0, -1), isDurable: sign === '+', state: states[sign] }
  })
}

function sentNow(choice: ShardChoice, ...places: readonly string[]): string[] {
  return toSendNow(choice, shardsAt(...places)).map(({ node }) => node)
}

function placesUp(choice: ShardChoice): string[] {
  return placementNodes(choice).flatMap(({ node, up }) => (up ? [node] : []))
}

const fine: Told = {}
const slow: Told = { isSlow: true }
const refusing: Told = { isWritable: false }
const none: ReadonlySet<string> = new Set()

test('enough is the threshold, in as many zones as take shards', () => {
  const choice = choiceOf({ a1: fine, a2: fine, a3: fine, b1: fine, c1: refusing })
  assert.equal(isEnough(choice, ['a1', 'a2']), false)
  assert.equal(isEnough(choice, ['a1', 'a2', 'a3']), false)
  assert.equal(isEnough(choice, ['a1', 'a2', 'b1']), true)
  const alone = choiceOf({ a1: fine, a2: fine, a3: fine, b1: refusing })
  assert.equal(isEnough(alone, ['a1', 'a2', 'a3']), true)
})

test('what was left out is sent only when it cannot be enough without it', () => {
  const own = choiceOf({ a1: fine, b1: fine, c1: fine, d1: slow })
  assert.deepEqual(sentNow(own, 'a1~', 'b1~', 'c1~', 'd1?'), [])
  assert.deepEqual(sentNow(own, 'a1+', 'b1~', 'c1-', 'd1?'), ['d1'])
  const gone = choiceOf({ a1: fine, b1: fine, c1: fine, d1: refusing })
  assert.deepEqual(sentNow(gone, 'a1+', 'b1~', 'c1-', 'd1?'), [])
})

test('a zone that lacks a shard is asked first, and though there are enough shards', () => {
  const choice = choiceOf({ a1: fine, a2: fine, a3: fine, a4: slow, b1: slow })
  assert.deepEqual(sentNow(choice, 'a1+', 'a2+', 'a3+', 'b1?'), ['b1'])
  assert.deepEqual(sentNow(choice, 'a1+', 'a2+', 'a4?', 'b1?'), ['b1'])
  assert.deepEqual(sentNow(choice, 'a1+', 'a2-', 'a4?', 'b1?'), ['b1', 'a4'])
  const within = choiceOf({ a1: fine, a2: fine, a3: fine, a4: slow })
  assert.deepEqual(sentNow(within, 'a1+', 'a2+', 'a3+', 'a4?'), [])
})

test('slow nodes have no place, unless their zones are needed', () => {
  assert.deepEqual(placesUp(choiceOf({ a1: fine, b1: fine, c1: fine, d1: slow })), [
    'a1',
    'b1',
    'c1',
  ])
  assert.deepEqual(placesUp(choiceOf({ a1: fine, b1: fine, c1: slow, d1: slow })).length, 4)
  const zones = choiceOf({ a1: fine, a2: fine, a3: slow, b1: slow, c1: refusing })
  assert.deepEqual(placesUp(zones), ['a1', 'a2', 'b1'])
})

test('a shard goes once more to a zone that came back', () => {
  const choice = choiceOf({ a1: fine, a2: fine, a3: fine, b1: fine, b2: fine })
  const shards = shardsAt('a1+', 'a2+', 'a3+')
  const move = toMove(choice, shards, none)
  assert.equal(move?.node, 'b1')
  assert.equal(move.shard, shards[0])
  assert.equal(toMove(choice, shards, new Set(['b1']))?.node, 'b2')
  assert.equal(toMove(choice, shards, new Set(['b1', 'b2'])), undefined)
  assert.equal(toMove(choice, shardsAt('a1+', 'a2+', 'b1+'), none), undefined)
  assert.equal(toMove(choice, shardsAt('a1+', 'a2+', 'a3-'), none), undefined)
})

test('a spare holds none of the pack, and is where the fewest others are', () => {
  const choice = choiceOf({ a1: fine, a2: fine, b1: fine, b2: fine, c1: refusing })
  const shards = shardsAt('a1+', 'b1-', 'c1-')
  const spare = (index: number, tried: ReadonlySet<string> = none): string | undefined =>
    spareFor(choice, shards, { shard: shards[index]!, tried })
  assert.equal(spare(1), 'b2')
  assert.equal(spare(1, new Set(['b2'])), 'a2')
  assert.equal(spare(1, new Set(['b2', 'a2'])), undefined)
})
