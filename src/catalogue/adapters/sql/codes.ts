/** Small numbers in rows for the words of the interface. Never renumbered. */
import { assert } from '../../../base/assert.ts'
import type { NodeRow } from '../../rows/nodes.ts'
import type { OperationRow } from '../../rows/commits.ts'
import type { ShardState } from '../../rows/packs.ts'

/** `merging` is 2: kept for the merge of poor packs. */
export const packState = Object.freeze({ live: 1, merging: 2, dead: 3 })

export const shardCode: Readonly<Record<ShardState, number>> = Object.freeze({
  durable: 1,
  missing: 2,
  unknown: 3,
  lost: 4,
})

export const entryKind: Readonly<Record<OperationRow['kind'], number>> = Object.freeze({
  file: 1,
  folder: 2,
  link: 3,
})

export const nodeState: Readonly<Record<NodeRow['state'], number>> = Object.freeze({
  active: 1,
  draining: 2,
  evicted: 3,
})

/** The word behind a code of one of the tables above. */
export function wordOf<Word extends string>(
  words: Readonly<Record<Word, number>>,
  code: number,
): Word {
  const word = (Object.keys(words) as Word[]).find((each) => words[each] === code)
  assert(word !== undefined, `code ${code} stands for nothing`)
  return word
}

/** Whether a shard in this state counts as held: there, or there as far as anyone knows. */
export function isHeld(state: ShardState): boolean {
  return state === 'durable' || state === 'unknown'
}
