/**
 * What one seed's world is like. No world has everything: each turns a few faults and habits on, and those
 * strongly, so that it stays small and shows much of what it shows.
 */
import type { Policy } from '../../../core/policy.ts'
import { parsePolicy } from '../../../client/vaults.ts'
import type { LimitValues } from '../../../coordinator/context.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Sizes } from './contents.ts'
import { mischiefKinds } from './mischief.ts'
import type { MischiefKind } from './mischief.ts'
import type { Settling } from './settle.ts'
import type { Habits } from './user.ts'

export interface Shape {
  readonly theme: Theme
  readonly policy: Policy
  /** Of the coordinator. */
  readonly limits: Settling['limits'] & Partial<LimitValues>
  /** Whose client each client machine is. */
  readonly accounts: readonly string[]
  /** The zone of each node. */
  readonly zones: readonly string[]
  readonly habits: Habits
  readonly sizes: Sizes
  /** How much of what is put was put before, in [0, 1]. */
  readonly knownShare: number
  /** May name one twice: then it happens more often. */
  readonly mischief: readonly MischiefKind[]
  /** Between two pieces of mischief. */
  readonly mischiefPauseMsMax: number
}

type Theme = keyof typeof themes

interface Emphasis {
  readonly mischief: readonly MischiefKind[]
  readonly policies?: readonly string[]
  readonly sizes?: readonly Sizes[]
  readonly knownShare?: number
  readonly patience?: Settling['limits']
  readonly habits?: Partial<Habits>
  readonly accounts?: readonly string[]
}

const second = 1000
const hour = 3_600_000

/** How soon what nobody refers to goes. */
const patience: readonly Settling['limits'][] = [
  { retentionMs: 2 * second, trashMs: 1 * second, collectGraceMs: 20 * second },
  { retentionMs: 10 * second, trashMs: 10 * second, collectGraceMs: 60 * second },
  { retentionMs: 2 * hour, trashMs: 2 * hour, collectGraceMs: 1 * hour },
  { retentionMs: 48 * hour, trashMs: 24 * hour, collectGraceMs: 1 * hour },
]

/** How soon what is missing is rebuilt. */
const diligence: readonly Partial<LimitValues>[] = [
  {},
  { healPeriodMs: 10 * second, healIdleMaxMs: 20 * second },
]

/** Each bears the loss of one shard of what was acknowledged. */
const policies = ['2+2', '2+2', '1+1', '1+1', '1+2', '4+2', '3+2']

const zonesOfNodes = [
  ['a', 'b', 'c', 'd', 'e', 'f'],
  ['a', 'a', 'b', 'b', 'c', 'c'],
  ['a', 'a', 'a', 'b', 'b', 'b'],
]

const oneAccount = ['ada', 'ada', 'ada']
const twoAccounts = ['ada', 'ada', 'bob']

const themes = {
  /** Whatever comes. */
  any: { mischief: [] },
  /** Machines that lose their power, again and again. */
  dying: { mischief: ['node-crash', 'node-crash', 'node-crash', 'coordinator-crash'] },
  /** Few paths that all want at once. */
  fought: {
    mischief: ['slow', 'answers-lost'],
    accounts: oneAccount,
    sizes: ['tiny'],
    habits: { pauseMsMax: 150, placesMax: 2 },
  },
  /** Much is put again while a node loses its disk: what deduplication must stand. */
  repeated: {
    mischief: ['emptied', 'emptied', 'old-image'],
    policies: ['1+1'],
    sizes: ['mixed'],
    knownShare: 0.6,
  },
  /** Nodes give wrong bytes, and much is read. */
  wrong: {
    mischief: ['lies', 'lies', 'lies', 'flips-at-rest', 'flips-in-flight'],
    sizes: ['tiny', 'mixed'],
    habits: { mostly: 'get', placesMax: 4 },
  },
  /** Puts that take long or never end, and a collector that cannot wait. */
  unfinished: {
    mischief: ['client-crash', 'client-crash', 'slow'],
    sizes: ['large'],
    patience: patience[0]!,
  },
} as const satisfies Readonly<Record<string, Emphasis>>

/** Out of twenty worlds. */
const shares: readonly (readonly [Theme, number])[] = [
  ['any', 6],
  ['dying', 4],
  ['fought', 2],
  ['repeated', 3],
  ['wrong', 2],
  ['unfinished', 3],
]
const themeOfDice = shares.flatMap(([theme, share]) => Array.from({ length: share }, () => theme))

/** Chance of each kind of mischief beside those of the theme. */
const kindShare = 0.25

export function drawShape(random: SeededRandom): Shape {
  const theme = random.pick(themeOfDice)
  const emphasis: Emphasis = themes[theme]
  const pace = random.pick(paces)
  return {
    theme,
    policy: parsePolicy(random.pick(emphasis.policies ?? policies)),
    limits: { ...(emphasis.patience ?? random.pick(patience)), ...random.pick(diligence) },
    accounts: emphasis.accounts ?? random.pick([oneAccount, twoAccounts]),
    zones: random.pick(zonesOfNodes),
    habits: { ...drawHabits(random, pace), ...emphasis.habits },
    sizes: random.pick<Sizes>(emphasis.sizes ?? ['tiny', 'tiny', 'tiny', 'mixed']),
    knownShare: emphasis.knownShare ?? 0.2,
    mischief: [...emphasis.mischief, ...mischiefKinds.filter(() => random.chance(kindShare))],
    mischiefPauseMsMax: pace,
  }
}

/** Pauses of mischief and of users go together: what happens during a step does not depend on them. */
const paces = [600, 1_200, 2_500]

function drawHabits(random: SeededRandom, pauseMsMax: number): Habits {
  return {
    pauseMsMax,
    keepShare: random.pick([0, 0.5, 0.8]),
    placesMax: random.pick([3, 6, Infinity]),
    mostly: 'put',
  }
}
