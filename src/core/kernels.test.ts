import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { slowCodeword } from '../testing/reference/erasure-code.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { createKernels, type Kernels, scratchBytes } from './kernels.ts'

const memories = {
  own: () => createKernels({ bytes: 2 ** 18 }),
  shared: () =>
    createKernels({ memory: new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true }) }),
}

function bytesAt(kernels: Kernels, at: number, length: number): Uint8Array {
  return new Uint8Array(kernels.memory.buffer, at, length)
}

function randomShards(random: SeededRandom, k: number, shardBytes: number): Uint8Array[] {
  return Array.from({ length: k }, () => random.bytes(shardBytes))
}

/** All ways to choose `count` of the numbers below `total`. */
function choices(total: number, count: number): number[][] {
  if (count === 0) return [[]]
  if (total < count) return []
  const withLast = choices(total - 1, count - 1).map((chosen) => [...chosen, total - 1])
  return [...choices(total - 1, count), ...withLast]
}

/** Puts the codeword in memory, computes what is absent elsewhere, compares. */
function checkPattern(
  kernels: Kernels,
  codeword: readonly Uint8Array[],
  pattern: { readonly k: number; readonly present: readonly number[]; readonly bytes: number },
): void {
  const { k, present, bytes } = pattern
  const stride = 1024
  const place = (index: number): number => scratchBytes + index * stride + (index % 3)
  const wanted = codeword.map((_, index) => index).filter((index) => !present.includes(index))
  for (const index of present) bytesAt(kernels, place(index), bytes).set(codeword[index]!)
  for (const index of wanted) bytesAt(kernels, place(index), bytes + 1).fill(0xee)
  kernels.reconstruct({
    k,
    m: codeword.length - k,
    bytes,
    present: present.map((index) => ({ index, at: place(index) })),
    wanted: wanted.map((index) => ({ index, at: place(index) })),
  })
  for (const index of wanted) {
    const what = `k ${k} of ${codeword.length}, present ${present.join()}, shard ${index}`
    assert.deepEqual(bytesAt(kernels, place(index), bytes), codeword[index], what)
    assert.equal(bytesAt(kernels, place(index) + bytes, 1)[0], 0xee, `${what}: wrote beyond`)
  }
}

for (const [name, kernelsOf] of Object.entries(memories)) {
  describe(`erasure code in ${name} memory`, () => {
    test('parity of every shape equals the definition', () => {
      const random = new SeededRandom(1)
      const kernels = kernelsOf()
      for (let k = 1; k <= 16; k += 1) {
        for (let m = 1; m <= 4; m += 1) {
          const shardBytes = 64 * random.between(1, 4)
          const shards = randomShards(random, k, shardBytes)
          const at = scratchBytes + random.between(0, 3) * 64
          shards.forEach((shard, i) => bytesAt(kernels, at + i * shardBytes, shardBytes).set(shard))
          kernels.encode({ k, m, shardBytes, at })
          slowCodeword(shards, m).forEach((shard, i) => {
            const found = bytesAt(kernels, at + i * shardBytes, shardBytes)
            assert.deepEqual(found, shard, `${k}+${m}, shard ${i}`)
          })
        }
      }
    })

    test('every erasure pattern of small codes', () => {
      const random = new SeededRandom(2)
      const kernels = kernelsOf()
      for (let k = 1; k <= 7; k += 1) {
        for (let m = 1; m <= 4 && k + m <= 8; m += 1) {
          const bytes = random.pick([1, 15, 16, 17, 31, 40])
          const codeword = slowCodeword(randomShards(random, k, bytes), m)
          for (const present of choices(k + m, k)) {
            checkPattern(kernels, codeword, { k, present, bytes })
          }
        }
      }
    })

    test('sampled patterns of large codes, shards in any order', () => {
      const random = new SeededRandom(3)
      const kernels = kernelsOf()
      for (let round = 0; round < 200; round += 1) {
        const k = random.between(5, 16)
        const m = random.between(1, 4)
        const bytes = random.between(1, 100)
        const codeword = slowCodeword(randomShards(random, k, bytes), m)
        const present = codeword
          .map((_, index) => ({ index, order: random.next() }))
          .toSorted((left, right) => left.order - right.order)
          .slice(0, k)
          .map(({ index }) => index)
        checkPattern(kernels, codeword, { k, present, bytes })
      }
    })
  })
}

function slotAt(index: number): number {
  return scratchBytes + 64 * index
}

test('what is present may be wanted too, and surplus shards are not read', () => {
  const kernels = createKernels()
  const random = new SeededRandom(4)
  const codeword = slowCodeword(randomShards(random, 2, 32), 2)
  for (const index of [1, 3]) bytesAt(kernels, slotAt(index), 32).set(codeword[index]!)
  const present = [3, 1, 0].map((index) => ({ index, at: slotAt(index) }))
  const wanted = [{ index: 3, at: slotAt(7) }]
  kernels.reconstruct({ k: 2, m: 2, bytes: 32, present, wanted })
  assert.deepEqual(bytesAt(kernels, slotAt(7), 32), codeword[3])
})

test('instances on one shared memory do not disturb each other', () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
  const [left, right] = [0, scratchBytes].map((scratchAt) => createKernels({ memory, scratchAt }))
  const codeword = slowCodeword(randomShards(new SeededRandom(5), 2, 48), 2)
  const places = [16_384, 16_448, 16_512, 16_576]
  const work = { k: 2, m: 2, bytes: 48 }
  places.forEach((at, index) => bytesAt(left!, at, 48).set(codeword[index]!))
  const present = [2, 3].map((index) => ({ index, at: places[index]! }))
  for (const kernels of [left!, right!, left!]) {
    const at = kernels === left ? 20_480 : 20_544
    kernels.reconstruct({ ...work, present, wanted: [{ index: 0, at }] })
  }
  assert.deepEqual(bytesAt(right!, 20_480, 48), codeword[0])
  assert.deepEqual(bytesAt(left!, 20_544, 48), codeword[0])
})

test('impossible work is refused', () => {
  const kernels = createKernels()
  assert.throws(() => kernels.encode({ k: 17, m: 1, shardBytes: 64, at: 4096 }), /Invariant/)
  assert.throws(() => kernels.encode({ k: 2, m: 5, shardBytes: 64, at: 4096 }), /Invariant/)
  assert.throws(() => kernels.encode({ k: 2, m: 2, shardBytes: 65, at: 4096 }), /Invariant/)
  assert.throws(() => kernels.encode({ k: 2, m: 2, shardBytes: 64, at: 2 ** 20 }), /bounds/)
  const twice = [1, 1].map((index) => ({ index, at: 4096 }))
  const work = { k: 2, m: 2, bytes: 16, present: twice, wanted: [] }
  assert.throws(() => kernels.reconstruct(work), /Invariant/)
})
