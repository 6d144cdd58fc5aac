/**
 * `node bench/kernels.ts`: MB/s of each kernel in one thread, beside its plain reference; of user bytes, best
 * of several rounds.
 */
import { createNativePrimitives } from '../src/core/adapters/native-primitives.ts'
import { Cutter } from '../src/core/cutting.ts'
import { createKernels, scratchBytes } from '../src/core/kernels.ts'
import { dataRoot } from '../src/core/merkle.ts'
import { slowIsBoundary } from '../src/testing/reference/boundaries.ts'
import { slowCodeword } from '../src/testing/reference/erasure-code.ts'
import { SeededRandom } from '../src/testing/simulation/seeded-random.ts'

const KiB = 1024
const MiB = 1024 * KiB
const roundMs = 150
const kernels = createKernels({ bytes: 64 * MiB })
const memory = new Uint8Array(kernels.memory.buffer)
const at = 64 * KiB
const random = new SeededRandom(1)

/** Best MB/s of `run`, which handles `bytes`. */
function speed(bytes: number, run: () => void): number {
  let bestMs = Infinity
  const endMs = performance.now() + roundMs
  for (let rounds = 0; rounds < 2 || performance.now() < endMs; rounds += 1) {
    const startMs = performance.now()
    run()
    bestMs = Math.min(bestMs, performance.now() - startMs)
  }
  return bytes / 1000 / bestMs
}

function print(name: string, fast: number, reference?: number): void {
  const beside = reference === undefined ? '' : `  reference ${reference.toFixed(2)}`
  console.log(`${name.padEnd(44)} ${fast.toFixed(0).padStart(6)} MB/s${beside}`)
}

function fillRandom(): void {
  const block = random.bytes(MiB)
  for (let place = at; place + MiB <= memory.length; place += MiB) {
    block[place % 1021]! ^= random.next()
    memory.set(block, place)
  }
}

function fillText(): void {
  const words = Array.from({ length: 2000 }, () => random.between(1, 1e9).toString(36))
  let text = ''
  while (text.length < 4 * MiB) text += `${random.pick(words)} `
  const block = new TextEncoder().encode(text).subarray(0, 4 * MiB)
  for (let place = at; place + block.length <= memory.length; place += block.length - 77) {
    memory.set(block, place)
  }
}

function benchEncode(k: number, m: number, packBytes: number): void {
  const shardBytes = packBytes / k
  const few = Array.from({ length: k }, (_, i) =>
    memory.subarray(at + i * 4096, at + i * 4096 + 4096),
  )
  const repeat = Math.ceil((8 * MiB) / packBytes)
  const fast = speed(packBytes * repeat, () => {
    for (let round = 0; round < repeat; round += 1) kernels.encode({ k, m, shardBytes, at })
  })
  const reference = speed(k * 4096, () => slowCodeword(few, m))
  print(`encode ${k}+${m}, packs of ${packBytes / KiB} KiB`, fast, reference)
}

function benchReconstruct(k: number, m: number, lost: number): void {
  const shardBytes = (4 * MiB) / k
  const place = (index: number): { index: number; at: number } => ({
    index,
    at: at + index * shardBytes,
  })
  const present = Array.from({ length: k }, (_, i) => place(lost + i))
  const wanted = Array.from({ length: lost }, (_, i) => place(i))
  const work = { k, m, bytes: shardBytes, present, wanted }
  const fast = speed(4 * MiB, () => kernels.reconstruct(work))
  print(`reconstruct ${k}+${m}, ${lost} data shards lost`, fast)
}

function cutAll(cutter: Cutter, bytes: number): void {
  for (let start = 0; start < bytes;) {
    start += cutter.next({ at: at + start, bytes: bytes - start, ended: true })!
  }
}

function benchCut(name: string): void {
  const key = random.bytes(32)
  const bytes = 32 * MiB
  const search = speed(bytes, () => {
    kernels.findCut({ at, fromBytes: 64, toBytes: bytes, bits: 32, key })
  })
  const slow = speed(64 * KiB, () => {
    for (let p = 31; p < 64 * KiB; p += 1) {
      slowIsBoundary(memory.subarray(at, at + 64 * KiB), p, { cutKey: key, bits: 32 })
    }
  })
  print(`search every position, ${name}`, search, slow)
  const cutter = new Cutter(kernels, key)
  print(
    `cut into chunks, ${name}`,
    speed(bytes, () => cutAll(cutter, bytes)),
  )
}

fillRandom()
for (const [k, m] of [
  [2, 1],
  [1, 2],
  [2, 2],
  [4, 2],
  [8, 3],
  [16, 4],
] as const) {
  benchEncode(k, m, Math.max(4, k) * MiB)
}
benchEncode(2, 2, 128 * KiB)
benchReconstruct(2, 2, 1)
benchReconstruct(2, 2, 2)
benchReconstruct(4, 2, 2)
benchReconstruct(16, 4, 4)
benchCut('random bytes')
const primitives = createNativePrimitives()
const shard = memory.subarray(at, at + 2 * MiB)
print(
  'data root of a shard of 2 MiB',
  speed(shard.length, () => void dataRoot(primitives, shard)),
)
fillText()
benchCut('text')
memory.fill(0x20, scratchBytes)
benchCut('one byte over and over')
