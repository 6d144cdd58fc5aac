import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../base/limits.ts'
import { slowFilter, slowIsBoundary, slowSipHash } from '../testing/reference/boundaries.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { Cutter } from './cutting.ts'
import { createKernels, type Kernels, scratchBytes } from './kernels.ts'

const MiB = 1024 * 1024

function kernelsWith(bytes: Uint8Array): Kernels {
  const kernels = createKernels({ bytes: scratchBytes + bytes.length })
  new Uint8Array(kernels.memory.buffer).set(bytes, scratchBytes)
  return kernels
}

/** Lengths of the chunks when the bytes arrive in pieces of these sizes, over and over. */
function cutInPieces(bytes: Uint8Array, pieces: readonly number[], cutKey: Uint8Array): number[] {
  const cutter = new Cutter(kernelsWith(bytes), cutKey)
  const lengths: number[] = []
  let start = 0
  let arrived = 0
  for (let piece = 0; start < bytes.length; piece += 1) {
    arrived = Math.min(bytes.length, arrived + pieces[piece % pieces.length]!)
    const window = (): number | undefined =>
      cutter.next({
        at: scratchBytes + start,
        bytes: arrived - start,
        ended: arrived === bytes.length,
      })
    for (let length = window(); length !== undefined; length = window()) {
      lengths.push(length)
      start += length
    }
  }
  return lengths
}

test('the reference hash is SipHash-2-4', () => {
  const key = Uint8Array.from({ length: 16 }, (_, at) => at)
  const bytes = Uint8Array.from({ length: 15 }, (_, at) => at)
  assert.equal(slowSipHash(key, bytes), 0xa129ca6149be45e5n)
})

test('the search finds what the definition finds, from every start to every end', () => {
  const random = new SeededRandom(1)
  const bytes = random.bytes(40_000)
  // Runs and few values, where many windows are alike.
  bytes.fill(7, 9_000, 9_300)
  for (let at = 12_000; at < 20_000; at += 1) bytes[at]! &= 0x81
  const kernels = kernelsWith(bytes)
  let found = 0
  for (let round = 0; round < 60; round += 1) {
    const key = random.bytes(32)
    const bits = random.between(1, 3)
    const start = random.between(0, 15_000)
    let from = random.between(64, 200)
    const to = random.between(from, bytes.length - start)
    let position = from - 1
    for (let cuts = 0; cuts < 8 && from <= to; cuts += 1) {
      while (position < to && !slowIsBoundary(bytes, start + position, { cutKey: key, bits })) {
        position += 1
      }
      const expected = position < to ? position + 1 : undefined
      const at = scratchBytes + start
      const cut = kernels.findCut({ at, fromBytes: from, toBytes: to, bits, key })
      assert.equal(cut, expected, `round ${round}, from ${from} to ${to}`)
      if (cut === undefined) break
      found += 1
      from = cut + 1
      position = cut
    }
  }
  assert.ok(found > 100, `${found} boundaries`)
})

test('the search reads nothing beyond its range, at the end of the memory too', () => {
  const kernels = createKernels({ bytes: 2 * 65_536 })
  const end = kernels.memory.buffer.byteLength
  const random = new SeededRandom(2)
  const key = random.bytes(32)
  const bytes = new Uint8Array(kernels.memory.buffer)
  bytes.set(random.bytes(65_536), end - 65_536)
  for (let length = 64; length < 200; length += 1) {
    const work = { at: end - length, fromBytes: 64, toBytes: length, bits: 1, key }
    const cut = kernels.findCut(work)
    if (cut !== undefined) assert.ok(cut <= length)
  }
})

test('boundaries do not depend on how the bytes arrive', () => {
  const random = new SeededRandom(3)
  const bytes = new Uint8Array(10 * MiB)
  const block = random.bytes(MiB)
  for (let at = 0; at < bytes.length; at += MiB) {
    block[at % 1000]! += 1
    bytes.set(block, at)
    bytes.set(random.bytes(100_000), at + 500_000)
  }
  const cutKey = random.bytes(32)
  const whole = cutInPieces(bytes, [bytes.length], cutKey)
  assert.equal(
    whole.reduce((sum, length) => sum + length, 0),
    bytes.length,
  )
  for (const pieces of [[65_536], [1, 262_143, 63, 65, 1_000_003], [3 * MiB + 17], [4099]]) {
    assert.deepEqual(cutInPieces(bytes, pieces, cutKey), whole)
  }
})

test('pieces of one byte', () => {
  const random = new SeededRandom(4)
  const bytes = random.bytes(limits.chunkBytesMin + 1200)
  const cutKey = random.bytes(32)
  assert.deepEqual(cutInPieces(bytes, [1], cutKey), cutInPieces(bytes, [bytes.length], cutKey))
})

test('content without boundaries is cut at the longest length, short content not at all', () => {
  const cutKey = new SeededRandom(5).bytes(32)
  const zeros = new Uint8Array(9 * MiB)
  assert.deepEqual(cutInPieces(zeros, [MiB], cutKey), [4 * MiB, 4 * MiB, MiB])
  assert.deepEqual(cutInPieces(zeros.subarray(0, 4 * MiB), [MiB], cutKey), [4 * MiB])
  assert.deepEqual(cutInPieces(zeros.subarray(0, 1), [1], cutKey), [1])
  const cutter = new Cutter(createKernels(), cutKey)
  assert.equal(cutter.next({ at: scratchBytes, bytes: 0, ended: true }), undefined)
})

test('lengths are about 1 MiB, follow the key, and come together again after an insertion', () => {
  const random = new SeededRandom(6)
  const bytes = random.bytes(32 * MiB)
  const cutKey = random.bytes(32)
  const lengths = cutInPieces(bytes, [bytes.length], cutKey)
  const average = bytes.length / lengths.length
  assert.ok(average > 0.8 * MiB && average < 1.5 * MiB, `average ${average}`)
  for (const length of lengths.slice(0, -1)) assert.ok(length > limits.chunkBytesMin)
  assert.notDeepEqual(cutInPieces(bytes, [bytes.length], random.bytes(32)), lengths)
  const shifted = new Uint8Array(bytes.length + 5)
  shifted.set(bytes.subarray(0, 3 * MiB))
  shifted.set(bytes.subarray(3 * MiB), 3 * MiB + 5)
  const after = cutInPieces(shifted, [shifted.length], cutKey)
  assert.deepEqual(after.slice(-8), lengths.slice(-8))
})

test('the filter passes about one position in 1,024, in poor content too', () => {
  const random = new SeededRandom(7)
  const contents: Record<string, () => number> = {
    random: () => random.next() & 255,
    'two values': () => (random.chance(0.5) ? 0x31 : 0x30),
    'highest bit': () => (random.chance(0.5) ? 0x80 : 0),
    letters: () => random.pick([0x41, 0x43, 0x47, 0x54]),
  }
  for (const [name, next] of Object.entries(contents)) {
    const bytes = Uint8Array.from({ length: 40_000 }, next)
    const cutKey = random.bytes(32)
    let passed = 0
    for (let p = 31; p < bytes.length; p += 1) {
      if (slowFilter(bytes, p, cutKey) >= 0xffc0) passed += 1
    }
    assert.ok(passed > 20 && passed < 70, `${name}: ${passed} of 39`)
  }
})
