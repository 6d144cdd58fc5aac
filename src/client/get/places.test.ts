import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientGrid } from '../../testing/client/client-grid.ts'
import { liedMachine } from '../../testing/client/lied-machine.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { sampleFile } from '../../testing/client/sample-file.ts'
import type { ControlAnswer } from '../../wire/control.ts'
import { committedEntry } from '../commit/pending.ts'
import { chunksOf, lookUp, onlyChunk, type PlacedChunk } from './places.ts'

type LookUp = ControlAnswer<'lookup'>

/** A version of `chunks` chunks of 10 bytes each, and the machine that is lied to about it. */
async function scene(options: { readonly chunks: number; readonly lookupPagesMax?: number }) {
  const { chunks, lookupPagesMax = 512 } = options
  const grid = await clientGrid({ config: { limits: { lookupPagesMax } } })
  const { world, lies } = liedMachine(grid)
  const { committer, session } = await grid.client('ada', world)
  const file = sampleFile(grid, { committer, session, world }, { path: '/f', text: 'f', chunks })
  const entry = committedEntry(await committer.submit(file))
  const parts = { session, vault: committer.feed.vault }
  const positions = async (from = 0): Promise<number[]> => {
    const given: number[] = []
    for await (const { position } of chunksOf(parts, entry, { from })) given.push(position)
    return given
  }
  return { entry, lies, parts, positions }
}

/** What the answer tells, with its pages changed. */
function withPages(change: (pages: LookUp['pages']) => LookUp['pages']) {
  return (answer: LookUp): LookUp => ({ ...answer, pages: change(answer.pages) })
}

test('chunks come in order from where they are wanted, in answers of any length', async () => {
  for (const lookupPagesMax of [1, 2, 512]) {
    const { positions } = await scene({ chunks: 2500, lookupPagesMax })
    const all = Array.from({ length: 2500 }, (_, at) => at * 10)
    assert.deepEqual(await positions(), all)
    assert.deepEqual(await positions(10_245), all.slice(1024))
    assert.deepEqual(await positions(24_999), [24_990])
  }
})

test('pages in another order, twice, left out or of another version are no list', async () => {
  const { lies, positions } = await scene({ chunks: 2500 })
  for (const order of [
    [1, 0, 2],
    [0, 0, 2],
    [0, 2, 1],
    [0, 2],
    [1, 2],
    [0, 1],
    [0],
    [0, 1, 2, 2],
  ]) {
    lies.lookup = withPages((pages) => order.map((at) => pages[at]!))
    for (const from of [0, 10_240, 24_990]) {
      await assert.rejects(positions(from), refusedWith('CORRUPT'), `${order.join()} from ${from}`)
    }
  }
  lies.lookup = withPages((pages) => pages.map((page) => ({ ...page, number: 0 })))
  await assert.rejects(positions(), refusedWith('RECORD_FORGED'))
  lies.lookup = withPages(([first, second, third]) => [
    { ...first!, ids: second!.ids },
    second!,
    third!,
  ])
  await assert.rejects(positions(), refusedWith('RECORD_FORGED'))
  delete lies.lookup
  assert.equal((await positions()).length, 2500)
})

test('a look-up that stops early, repeats itself or never ends is refused', async () => {
  const { entry, lies, positions } = await scene({ chunks: 2500, lookupPagesMax: 1 })
  const { version } = entry
  lies.lookup = (answer) => ({ ...answer, more: [] })
  await assert.rejects(positions(), refusedWith('CORRUPT'))
  let first: LookUp | undefined
  lies.lookup = (answer) => (first ??= answer)
  await assert.rejects(positions(), refusedWith('CORRUPT'))
  lies.lookup = (answer) => ({ ...answer, more: [{ version, from: 0 }] })
  await assert.rejects(positions(), refusedWith('CORRUPT'))
  lies.lookup = (answer) => ({ ...answer, pages: [] })
  await assert.rejects(positions(), refusedWith('NOT_FOUND'))
})

test('nothing of a short list is given before all of it was checked', async () => {
  const { entry, parts } = await scene({ chunks: 3 })
  const wrong = [
    { ...entry, listRoot: new Uint8Array(32) },
    { ...entry, bytes: 29 },
    { ...entry, bytes: 31 },
    { ...entry, chunkCount: 2 },
    { ...entry, chunkCount: 4 },
  ]
  for (const record of wrong) {
    const given: PlacedChunk[] = []
    const read = async (): Promise<void> => {
      for await (const chunk of chunksOf(parts, record)) given.push(chunk)
    }
    await assert.rejects(read(), refusedWith('CORRUPT'))
    assert.deepEqual(given, [])
  }
})

test('what has one chunk is checked alike, and what has more is not taken for it', async () => {
  const one = await scene({ chunks: 1 })
  const looked = await lookUp(one.parts, [{ entry: one.entry, from: 0 }])
  assert.equal(onlyChunk(one.parts, one.entry, looked).plainBytes, 10)
  const changed = { ...one.entry, listRoot: new Uint8Array(32) }
  assert.throws(() => onlyChunk(one.parts, changed, looked), refusedWith('CORRUPT'))
  const none = { ...looked, pages: new Map() }
  assert.throws(() => onlyChunk(one.parts, one.entry, none), refusedWith('NOT_FOUND'))
  const two = await scene({ chunks: 2 })
  const both = await lookUp(two.parts, [{ entry: two.entry, from: 0 }])
  assert.throws(() => onlyChunk(two.parts, two.entry, both), refusedWith('CORRUPT'))
})
