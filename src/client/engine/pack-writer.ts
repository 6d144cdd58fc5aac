import { assert } from '../../base/assert.ts'
import { fromHex } from '../../base/bytes.ts'
import { limits } from '../../base/limits.ts'
import { sealChunk, sealedChunkBytes } from '../../core/chunk.ts'
import { dataRoot } from '../../core/merkle.ts'
import {
  packTailBytes,
  packTakes,
  packTargetBytes,
  shardBytesOf,
  writePackTail,
} from '../../core/pack.ts'
import type { PackedChunk } from '../../core/pack.ts'
import { shardIdentities } from '../../core/shard.ts'
import type { CoreParts, CoreVault } from './engine-core.ts'
import type { PackOrder, SealedPack, SealedPlace } from './engine.ts'

/** Makes one pack in its slot: sealed chunks one after the other, then list, zeros, parity and roots. */
export class PackWriter {
  readonly #parts: CoreParts
  readonly #vault: CoreVault
  readonly #order: PackOrder
  readonly #chunks: PackedChunk[] = []
  readonly #places: SealedPlace[] = []
  #length = 0

  constructor(parts: CoreParts, vault: CoreVault, order: PackOrder) {
    this.#parts = parts
    this.#vault = vault
    this.#order = order
  }

  get empty(): boolean {
    return this.#chunks.length === 0
  }

  get chunks(): number {
    return this.#chunks.length
  }

  /** Whether the pack is to be closed before this content. */
  isFullFor(contentBytes: number): boolean {
    const nextBytes = sealedChunkBytes(contentBytes)
    const takes = packTakes(this.#order, { chunkBytes: this.#length, nextBytes })
    return !takes || this.chunks >= packChunksMax || !this.#fits(nextBytes)
  }

  /** Seals the content behind what is there; its position in the pack's chunks. */
  add(id: Uint8Array, content: Uint8Array): number {
    const { primitives, memory, random } = this.#parts
    const length = sealedChunkBytes(content.length)
    const at = this.#order.slot.at + this.#length
    assert(this.#length + length <= this.#order.slot.bytes, 'a pack outgrew its slot')
    const target = memory.subarray(at, at + length)
    sealChunk(primitives, this.#vault.keys, { id, content, nonce: random.bytes(12), target })
    const generation = this.#vault.keys.newestGeneration
    this.#chunks.push({ id, generation, sealedBytes: length })
    this.#places.push({ id, offset: this.#length, length })
    this.#length += length
    return this.#chunks.length - 1
  }

  /** Closes the pack. */
  finish(): SealedPack {
    const { slot, k, m } = this.#order
    const packLength = this.#length + packTailBytes(this.#chunks.length)
    const shardLength = shardBytesOf(packLength, k)
    assert(shardLength * (k + m) <= slot.bytes, 'shards outgrew their slot')
    this.#writeTail(packLength)
    this.#parts.memory.fill(0, slot.at + packLength, slot.at + shardLength * k)
    this.#parts.kernels.encode({ k, m, shardBytes: shardLength, at: slot.at })
    const dataRoots = this.#dataRoots(shardLength)
    const identities = shardIdentities(this.#parts.primitives, this.#description(packLength), {
      dataRoots,
    })
    return {
      packLength,
      shardLength,
      shardsAt: slot.at,
      dataRoots,
      roots: identities.map(({ root }) => root),
      headers: identities.map(({ header }) => header),
      chunks: this.#places,
    }
  }

  /** Whether so much more, with list and parity, is in the slot. */
  #fits(sealedBytes: number): boolean {
    const { slot, k, m } = this.#order
    const packBytes = this.#length + sealedBytes + packTailBytes(this.chunks + 1)
    return shardBytesOf(packBytes, k) * (k + m) <= slot.bytes
  }

  #writeTail(packLength: number): void {
    const { memory, primitives, random } = this.#parts
    const { slot, pack } = this.#order
    writePackTail(
      primitives,
      {
        key: this.#vault.packListKey,
        vault: this.#vault.keys.vault,
        pack,
        nonce: random.bytes(12),
      },
      {
        chunks: this.#chunks,
        into: memory.subarray(slot.at + this.#length, slot.at + packLength),
      },
    )
  }

  #dataRoots(shardLength: number): Uint8Array[] {
    const { memory, primitives } = this.#parts
    const { slot, k, m } = this.#order
    return Array.from({ length: k + m }, (_, index) => {
      const at = slot.at + index * shardLength
      return dataRoot(primitives, memory.subarray(at, at + shardLength))
    })
  }

  #description(packBytes: number) {
    const { k, m, pack, generation, vault } = this.#order
    const vaultBytes = fromHex(vault)
    assert(vaultBytes !== undefined, 'a vault id is hex')
    return {
      kind: 'data',
      code: 1,
      k,
      m,
      packBytes,
      pack,
      vault: vaultBytes,
      placementGeneration: generation,
    } as const
  }
}

/** Bytes of a slot that any pack of this policy fits into, shards and all. */
export function packSlotBytes(policy: { readonly k: number; readonly m: number }): number {
  const { k, m } = policy
  const chunksMost = Math.ceil(packTargetBytes(policy) / sealedChunkBytes(1))
  const largest = Math.max(packTargetBytes(policy), sealedChunkBytes(4 * 1024 * 1024))
  const packMost = largest + packTailBytes(Math.min(chunksMost, packChunksMax))
  return shardBytesOf(packMost, k) * (k + m)
}

/** The same for one pack of small contents of these lengths, any one of which may have grown meanwhile. */
export function batchSlotBytes(
  policy: { readonly k: number; readonly m: number },
  lengths: readonly number[],
): number {
  const { k, m } = policy
  let packBytes = sealedChunkBytes(limits.knownAskBytesMin) + packTailBytes(lengths.length)
  for (const length of lengths) packBytes += sealedChunkBytes(length)
  return Math.min(packSlotBytes(policy), shardBytesOf(packBytes, k) * (k + m))
}

/** A pack of tiny files ends here, so that its list stays short. */
export const packChunksMax = 4096
