import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import type { TestContext } from 'node:test'
import { contentOf, sha256, sha256Of, writeContent } from './content.ts'
import { LinkedGrid } from './linked-grid.ts'
import type { Trouble } from './proxy.ts'

const KiB = 1024
const MiB = 2 ** 20
const fileBytes = 24 * MiB
const range = { from: 5 * MiB + 12_345, bytes: 300_000 }

/** The policy of four nodes is 2+2. */
const neededShards = 2

/** Of an answer, before it stops. */
const begunBytes = 100 * KiB

/** More than connecting, and whatever else is not a part of a shard, takes. */
const muchBytes = 32 * KiB

interface NodeBytes {
  readonly asked: number
  readonly answered: number
}

/** One file on four nodes, and how much each of them was asked and has answered. */
class Reads {
  readonly links: LinkedGrid
  readonly #sum: string

  private constructor(links: LinkedGrid, sum: string) {
    this.links = links
    this.#sum = sum
  }

  static async start(context: TestContext): Promise<Reads> {
    const links = await LinkedGrid.start(context)
    const source = join(links.grid.scratch.folder, 'source')
    const sum = writeContent(source, 'reserve', fileBytes)
    await links.grid.must('put', source, 'home:/source')
    await links.grid.complete()
    return new Reads(links, sum)
  }

  /** Bytes of each node during the work. */
  async during(work: () => Promise<void>): Promise<ReadonlyMap<string, NodeBytes>> {
    const { grid } = this.links
    const counts = grid.nodes.map((name) => {
      const { askedBytes, answeredBytes } = this.links.proxy(name)
      return { name, askedBytes, answeredBytes }
    })
    await work()
    const during = counts.map(({ name, askedBytes, answeredBytes }) => {
      const proxy = this.links.proxy(name)
      const answered = proxy.answeredBytes - answeredBytes
      return [name, { asked: proxy.askedBytes - askedBytes, answered }] as const
    })
    return new Map(during)
  }

  othersThan(node: string): string[] {
    return this.links.grid.nodes.filter((name) => name !== node)
  }

  async getsAll(target: string): Promise<void> {
    const { grid } = this.links
    const path = join(grid.scratch.folder, target)
    await grid.must('get', 'home:/source', path)
    assert.equal(sha256Of(path), this.#sum)
  }

  async readsRange(): Promise<void> {
    const { from, bytes } = range
    const pieces: Buffer[] = []
    const line = ['cat', 'home:/source', '--range', `${from}-${from + bytes - 1}`]
    const { exit, error } = await this.links.grid.run(line, {
      takeOutput: (piece) => pieces.push(piece),
    })
    assert.equal(exit, 0, error)
    const wanted = contentOf('reserve', fileBytes).subarray(from, from + bytes)
    assert.equal(sha256(Buffer.concat(pieces)), sha256(wanted))
  }
}

it('reads what a node withholds from reserve shards, long before it answers', async (context) => {
  const reads = await Reads.start(context)
  await readsPartOf(reads)
  await getsWithout(reads)
})

/** The range of one shard is computed from the same range of others while its node withholds it. */
async function readsPartOf(reads: Reads): Promise<void> {
  const usual = await reads.during(() => reads.readsRange())
  const slow = nodeOfMost(usual)
  const usually = usual.get(slow)!.answered
  assert.ok(usually >= range.bytes, 'the node gives the part itself when it can')

  reads.links.proxy(slow).trouble = { kind: 'hang', afterBytes: begunBytes }
  const hanging = await reads.during(() => reads.readsRange())
  const { answered } = hanging.get(slow)!
  assert.ok(answered > 0 && answered <= begunBytes, `it had begun to answer: ${answered}`)
  const reserve = reads.othersThan(slow).filter((name) => {
    return hanging.get(name)!.answered > usual.get(name)!.answered + muchBytes
  })
  assert.equal(reserve.length, neededShards, 'as many others as are needed are asked instead')
  for (const name of reserve) {
    const more = hanging.get(name)!.answered - usual.get(name)!.answered
    assert.ok(more <= usually + muchBytes, `for the same range and no more: ${more} of ${usually}`)
  }

  reads.links.proxy(slow).trouble = { kind: 'none' }
  const again = await reads.during(() => reads.readsRange())
  const now = again.get(slow)!.answered
  assert.ok(now > usually - muchBytes, `it serves again: ${now} of ${usually}`)
}

/** A file is there while the node that usually gives most of it is silent, or slow. */
async function getsWithout(reads: Reads): Promise<void> {
  const usual = await reads.during(() => reads.getsAll('usual'))
  const slow = nodeOfMost(usual)
  const usually = usual.get(slow)!.answered
  const troubles: Trouble[] = [
    { kind: 'hang', afterBytes: 0 },
    { kind: 'delay', delayMs: 1000 },
  ]
  for (const trouble of troubles) {
    reads.links.proxy(slow).trouble = trouble
    const during = await reads.during(() => reads.getsAll(`with ${trouble.kind}`))
    const { asked, answered } = during.get(slow)!
    assert.ok(asked > 0, 'it is taken for one that answers')
    assert.ok(answered < usually / 4, `it has not answered: ${answered} of ${usually}`)
    const others = reads.othersThan(slow)
    const sum = others.reduce((bytes, name) => bytes + during.get(name)!.answered, 0)
    assert.ok(sum >= fileBytes, 'all came from others')
    const dearest = fileBytes + (neededShards - 1) * usually
    assert.ok(sum <= dearest * 1.25, `no more than computing takes: ${sum} of ${dearest}`)
  }
}

function nodeOfMost(nodes: ReadonlyMap<string, NodeBytes>): string {
  return [...nodes].toSorted(([, left], [, right]) => right.answered - left.answered)[0]![0]
}
