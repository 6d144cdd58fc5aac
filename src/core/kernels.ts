/**
 * The hot kernels in WebAssembly: erasure code 1 and the boundary search (docs/format.md, sections 3.1 and
 * 4). All work on offsets into one memory, in place; copies decide the speed, so callers keep their buffers
 * in that memory. One instance belongs to one thread; several may share one memory when each has its own
 * scratch. An offset outside the memory is a defect and throws what WebAssembly throws.
 */
import { assert } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import { combinationRows } from './code-matrix.ts'
import { multiply } from './galois.ts'
import { ownMemoryBytes, sharedMemoryBytes } from './wasm/kernel-bytes.ts'

export interface KernelOptions {
  /** Where to work: shared or not. Without it a new unshared one of `bytes`. */
  readonly memory?: WebAssembly.Memory
  /** Size of the new memory, scratch included; rounded up to pages of 64 KiB. */
  readonly bytes?: number
  /** Offset of `scratchBytes` that belong to this instance alone; a multiple of 16. 0 unless given. */
  readonly scratchAt?: number
}

/** Room that one instance needs for its tables. */
export const scratchBytes = 4096

export interface EncodeWork {
  readonly k: number
  readonly m: number
  /** A multiple of 64. */
  readonly shardBytes: number
  /** Offset of data shard 0; the others follow, then the m parity shards, which are written. Best a multiple of 64. */
  readonly at: number
}

/** A shard, or the same range of each shard, somewhere in the memory. */
export interface ShardPlace {
  /** 0…k−1 data, k…k+m−1 parity. */
  readonly index: number
  readonly at: number
}

export interface ReconstructWork {
  readonly k: number
  readonly m: number
  /** Of the range that is computed: any number. */
  readonly bytes: number
  /** At least k different shards, the first k of which are used. */
  readonly present: readonly ShardPlace[]
  /** What to compute; may not overlap what is present. */
  readonly wanted: readonly ShardPlace[]
}

export interface CutWork {
  /** Offset of the chunk's first byte. */
  readonly at: number
  /** Lengths that the chunk may have: from `fromBytes` (at least 64) to `toBytes`, both included. */
  readonly fromBytes: number
  readonly toBytes: number
  /** One candidate in 2^bits is a boundary: 1 to 32. */
  readonly bits: number
  /** The cut key, 32 bytes. */
  readonly key: Uint8Array
}

export interface Kernels {
  readonly memory: WebAssembly.Memory
  encode(work: EncodeWork): void
  reconstruct(work: ReconstructWork): void
  /** The least length in the range at which the rule of section 3.1 holds; undefined when there is none. */
  findCut(work: CutWork): number | undefined
}

/** Arguments as in assembly/: the last ones are constants. */
interface Exports {
  readonly encode: (...work: number[]) => void
  readonly combine: (...work: number[]) => void
  readonly sum: (...work: number[]) => void
  readonly findCut: (...work: number[]) => number
}

/** 0x11D without its highest bit. */
const polynomial = 0x1d
const nibbleMask = 15
/** A filter value from here on makes a candidate. */
const candidateLeast = 0xffc0
const pageBytes = 64 * 1024
const outputsMax = 4
const vectorBytes = 16
/** SipHash key and four odd multipliers. */
const cutKeyBytes = 24
const multipliersAt = 16

// Places in the scratch.
const keyAt = 0
const stageAt = 64
const sourcesAt = 128
const targetsAt = 192
const tablesAt = 1024
const tableBytes = 32
const tableRowBytes = limits.policyDataMax * tableBytes

/** Compiles the kernels and binds them to their memory. */
export function createKernels(options: KernelOptions = {}): Kernels {
  const { bytes = pageBytes, scratchAt = 0 } = options
  const memory = options.memory ?? new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) })
  const shared = memory.buffer instanceof SharedArrayBuffer
  const code = Uint8Array.fromBase64(shared ? sharedMemoryBytes : ownMemoryBytes)
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })
  return new WasmKernels(memory, instance.exports as unknown as Exports, { scratchAt })
}

class WasmKernels implements Kernels {
  readonly memory: WebAssembly.Memory
  readonly #exports: Exports
  readonly #scratchAt: number

  constructor(
    memory: WebAssembly.Memory,
    exports: Exports,
    options: { readonly scratchAt: number },
  ) {
    assert(options.scratchAt % vectorBytes === 0, 'scratch is aligned')
    this.memory = memory
    this.#exports = exports
    this.#scratchAt = options.scratchAt
  }

  encode(work: EncodeWork): void {
    const { k, m, shardBytes, at } = work
    assertShape(k, m)
    assert(shardBytes % limits.shardAlignBytes === 0, 'shard length is a multiple of 64')
    this.#exports.encode(at, k, m, shardBytes, polynomial)
  }

  reconstruct(work: ReconstructWork): void {
    const { k, m, bytes, wanted } = work
    assertShape(k, m)
    const present = work.present.slice(0, k)
    assert(
      [...present, ...wanted].every(({ index }) => index < k + m),
      'the code has the shard',
    )
    const rows = combinationRows(k, {
      present: present.map(({ index }) => index),
      wanted: wanted.map(({ index }) => index),
    })
    const outputs = rows.map((row, at) => ({ row, at: wanted[at]!.at }))
    const sources = present.map(({ at }) => at)
    if (bytes < vectorBytes) this.#combineFew(sources, outputs, bytes)
    else this.#combineMany(sources, outputs, bytes)
  }

  findCut(work: CutWork): number | undefined {
    const { at, fromBytes, toBytes, bits, key } = work
    assert(fromBytes >= 64 && bits >= 1 && bits <= 32, 'the search has its window')
    const scratch = this.#scratch()
    scratch.set(key.subarray(0, cutKeyBytes), keyAt)
    for (let place = multipliersAt; place < cutKeyBytes; place += 2) scratch[keyAt + place]! |= 1
    const places = [this.#scratchAt + keyAt, this.#scratchAt + stageAt] as const
    const cut = this.#exports.findCut(at, fromBytes, toBytes, ...places, 64 - bits, candidateLeast)
    return cut === 0 ? undefined : cut
  }

  #scratch(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.#scratchAt, scratchBytes)
  }

  #combineMany(sources: readonly number[], outputs: readonly Output[], bytes: number): void {
    const lists = new Uint32Array(this.memory.buffer, this.#scratchAt, scratchBytes / 4)
    lists.set(sources, sourcesAt / 4)
    const sourceList = this.#scratchAt + sourcesAt
    const k = sources.length
    const products: Output[] = []
    for (const output of outputs) {
      if (output.row.every((factor) => factor === 1)) {
        this.#exports.sum(sourceList, output.at, k, bytes)
      } else products.push(output)
    }
    const scratch = this.#scratch()
    for (let from = 0; from < products.length; from += outputsMax) {
      const group = products.slice(from, from + outputsMax)
      group.forEach(({ row }, at) => writeTables(row, scratch, tablesAt + at * tableRowBytes))
      lists.set(
        group.map(({ at }) => at),
        targetsAt / 4,
      )
      const places = [this.#scratchAt + targetsAt, k, group.length] as const
      this.#exports.combine(sourceList, ...places, this.#scratchAt + tablesAt, bytes, nibbleMask)
    }
  }

  /** Fewer bytes than one vector. */
  #combineFew(sources: readonly number[], outputs: readonly Output[], bytes: number): void {
    const memory = new Uint8Array(this.memory.buffer)
    for (const { row, at } of outputs) {
      for (let offset = 0; offset < bytes; offset += 1) {
        let sum = 0
        sources.forEach((source, input) => {
          sum ^= multiply(row[input]!, memory[source + offset]!)
        })
        memory[at + offset] = sum
      }
    }
  }
}

interface Output {
  readonly row: Uint8Array
  readonly at: number
}

/** Products of each coefficient with the 16 low and the 16 high nibbles. */
function writeTables(row: Uint8Array, scratch: Uint8Array, at: number): void {
  row.forEach((factor, input) => {
    const table = at + input * tableBytes
    for (let nibble = 0; nibble < 16; nibble += 1) {
      scratch[table + nibble] = multiply(factor, nibble)
      scratch[table + 16 + nibble] = multiply(factor, nibble << 4)
    }
  })
}

function assertShape(k: number, m: number): void {
  assert(k >= 1 && k <= limits.policyDataMax, 'k is 1 to 16')
  assert(m >= 1 && m <= limits.policyParityMax, 'm is 1 to 4')
}
