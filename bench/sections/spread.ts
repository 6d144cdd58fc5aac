/** How even placement is, and how long chunks are. Nothing is stored. */
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { Cutter } from '../../src/core/cutting.ts'
import { createKernels, scratchBytes } from '../../src/core/kernels.ts'
import { sealedChunkBytes } from '../../src/core/chunk.ts'
import { placeShards } from '../../src/core/placement.ts'
import type { PlacementNode } from '../../src/core/placement.ts'
import { limits } from '../../src/base/limits.ts'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { Keystream } from '../content/keystream.ts'
import { countText, numberText, percentText, sizeText } from '../report/amounts.ts'
import type { Figure } from '../report/figure.ts'
import { deviation, mean, quantile, sum } from '../report/statistics.ts'
import type { Table } from '../report/table.ts'

const MiB = 1024 * 1024
const nodeCounts = [4, 7, 20]
const policy = { code: 1, k: 2, m: 2, threshold: 3 } as const
const shardsPerPack = policy.k + policy.m
const primitives = createNativePrimitives()

export const spread: Section = {
  name: 'spread',
  title: 'Placement and chunks',
  run: (bench) => Promise.resolve(run(bench)),
}

function run(bench: Bench): SectionReport {
  bench.say('placement and chunks')
  const lengths = chunkLengths(bench.sizes.cutBytes)
  const { table, figures } = placement(bench.sizes.placedPacks)
  const chunks: Figure = {
    what: 'chunk',
    subject: 'random bytes',
    unit: 'KiB',
    values: lengths.map((length) => length / 1024),
  }
  return {
    tables: [table, chunkTable(lengths, bench.sizes.cutBytes)],
    figures: [...figures, chunks],
  }
}

function placement(packs: number): { readonly table: Table; readonly figures: readonly Figure[] } {
  const counted = nodeCounts.map((nodes) => ({ nodes, shares: sharesOf(nodes, packs) }))
  const rows = counted.map(({ nodes, shares }) => {
    const fair = 1 / nodes
    return [
      `${nodes} nodes`,
      percentText(fair),
      percentText(Math.min(...shares)),
      percentText(Math.max(...shares)),
      percentText(deviation(shares) / fair),
      percentText(chanceDeviation(nodes, packs)),
    ]
  })
  const columns = ['', 'fair share', 'least', 'most', 'deviation', 'by chance alone']
  const title = `Shares of the shards of ${countText(packs)} packs, 2+2`
  const note = `Of 7 nodes and one more: the new one gets ${percentText(sharesOf(8, packs)[7]!)} of new packs' shards, its share is ${percentText(1 / 8)}.`
  const figures = counted.map(({ nodes, shares }): Figure => ({
    what: 'share of shards',
    subject: `each of ${nodes} nodes`,
    unit: '%',
    values: shares.map((share) => share * 100),
  }))
  return { table: { title, columns, rows, notes: [note] }, figures }
}

/** Each node's part of all shards. */
function sharesOf(nodeCount: number, packs: number): number[] {
  const random = new Keystream('placement')
  const nodes = Array.from({ length: nodeCount }, (_, at): PlacementNode => {
    const node = random.next(16).toString('hex')
    return { node, zone: `zone ${at}`, state: 'active', up: true }
  })
  const counts = new Map(nodes.map(({ node }) => [node, 0]))
  for (let at = 0; at < packs; at += 1) {
    const places = placeShards(primitives, { pack: random.next(16), policy, nodes })
    for (const { node } of places) counts.set(node, counts.get(node)! + 1)
  }
  return [...counts.values()].map((count) => count / (packs * shardsPerPack))
}

/** Of a node's count, over its mean, if each pack chose its nodes by lot. */
function chanceDeviation(nodes: number, packs: number): number {
  const chosen = shardsPerPack / nodes
  return Math.sqrt((1 - chosen) / (chosen * packs))
}

function chunkLengths(bytes: number): number[] {
  const windowBytes = 16 * MiB
  const kernels = createKernels({ bytes: scratchBytes + windowBytes })
  const window = new Uint8Array(kernels.memory.buffer, scratchBytes, windowBytes)
  const cutter = new Cutter(kernels, new Keystream('cut key').next(32))
  const lengths: number[] = []
  let [filled, left] = [0, bytes]
  const content = new Keystream('chunks')
  while (left > 0 || filled > 0) {
    for (; left > 0 && filled + MiB <= windowBytes; left -= MiB, filled += MiB) {
      window.set(content.next(MiB), filled)
    }
    const used = cutWindow(cutter, { filled, ended: left === 0, lengths })
    window.copyWithin(0, used, filled)
    filled -= used
  }
  return lengths
}

function cutWindow(
  cutter: Cutter,
  window: { readonly filled: number; readonly ended: boolean; readonly lengths: number[] },
): number {
  const { filled, ended, lengths } = window
  let used = 0
  for (;;) {
    const length = cutter.next({ at: scratchBytes + used, bytes: filled - used, ended })
    if (length === undefined) return used
    lengths.push(length)
    used += length
  }
}

function chunkTable(lengths: readonly number[], bytes: number): Table {
  const padding = sum(lengths.map((length) => sealedChunkBytes(length) - length)) / sum(lengths)
  const atMost = lengths.filter((length) => length === limits.chunkBytesMax).length
  return {
    title: `Chunks of ${sizeText(bytes)} of random bytes, KiB`,
    columns: ['', 'chunks', 'mean', '5 %', '50 %', '95 %', 'most', 'deviation'],
    rows: [
      [
        'length',
        countText(lengths.length),
        kibibytes(mean(lengths)),
        ...[0.05, 0.5, 0.95, 1].map((share) => kibibytes(quantile(lengths, share))),
        kibibytes(deviation(lengths)),
      ],
    ],
    notes: [
      `${countText(atMost)} were cut by the greatest length; sealing and padding add ${percentText(padding)}.`,
    ],
  }
}

function kibibytes(length: number): string {
  return numberText(length / 1024)
}
