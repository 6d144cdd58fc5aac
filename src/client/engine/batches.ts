import { inOnePiece, toHex } from '../../base/bytes.ts'
import { limits } from '../../base/limits.ts'
import { chunkId } from '../../core/chunk.ts'
import { RunningDigests } from './digests.ts'
import type { ContentDigests } from './digests.ts'
import type { CoreParts, CoreVault } from './engine-core.ts'
import type { BatchFile, BatchItem, BatchJob, BatchResult, SealedPack } from './engine.ts'
import { unchanged } from './local-files.ts'
import type { LocalStat } from './local-files.ts'
import { PackWriter } from './pack-writer.ts'
import { failure } from './windows.ts'

/** Files of at most this many bytes go into packs together, a batch at a time. */
export const batchFileBytesMax = limits.knownAskBytesMin

/** Reads small files one after the other and seals them into one pack until it is full. */
export class Batch {
  readonly #parts: CoreParts
  readonly #vault: CoreVault
  readonly #job: BatchJob
  readonly #writer: PackWriter
  readonly #scratch: Uint8Array
  /** Positions of contents that are in this pack already. */
  readonly #known = new Map<string, number>()

  constructor(parts: CoreParts, vault: CoreVault, job: BatchJob, scratch: Uint8Array) {
    this.#parts = parts
    this.#vault = vault
    this.#job = job
    this.#writer = new PackWriter(parts, vault, job)
    this.#scratch = scratch
  }

  run(): BatchResult {
    const files: BatchFile[] = []
    for (const item of this.#job.items) {
      const file = this.#take(item)
      if (file === 'full') break
      files.push(file)
    }
    return {
      files: withHashesTogether(files),
      pack: this.#writer.empty ? undefined : withIdsTogether(this.#writer.finish()),
    }
  }

  #take(item: BatchItem): BatchFile | 'full' {
    if (item.kind === 'content') return this.#store(item.content, undefined)
    try {
      for (let tries = 0; tries < limits.changedReadsMax; tries += 1) {
        const file = this.#read(item.path)
        if (file === 'full' || file.kind !== 'changed') return file
      }
      return { kind: 'changed' }
    } catch (error) {
      return failure(error)
    }
  }

  #read(path: Uint8Array): BatchFile | 'full' {
    const { files } = this.#parts
    const handle = files.openToRead(path)
    try {
      const before = files.stat(handle)
      if (before.bytes > batchFileBytesMax) return { kind: 'large' }
      const read = files.read(handle, this.#scratch, 0)
      const after = files.stat(handle)
      if (read !== before.bytes || !unchanged(before, after)) return { kind: 'changed' }
      return this.#store(this.#scratch.subarray(0, read), before)
    } finally {
      files.close(handle)
    }
  }

  #store(content: Uint8Array, stat: LocalStat | undefined): BatchFile | 'full' {
    if (this.#writer.isFullFor(content.length)) return 'full'
    return {
      kind: 'read',
      stat,
      bytes: content.length,
      ...this.#digests(content),
      chunk: content.length === 0 ? undefined : this.#add(content),
    }
  }

  #add(content: Uint8Array): number {
    const id = chunkId(this.#parts.primitives, this.#vault.keys, content)
    const text = toHex(id)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const position = this.#writer.add(id, content)
    this.#known.set(text, position)
    return position
  }

  #digests(content: Uint8Array): ContentDigests {
    const digests = new RunningDigests(this.#parts.primitives, this.#job.digests)
    digests.update(content)
    return digests.finish()
  }
}

function withHashesTogether(files: readonly BatchFile[]): BatchFile[] {
  const hashes = inOnePiece(files.flatMap((file) => (file.kind === 'read' ? [file.sha256] : [])))
  let next = 0
  return files.map((file) => {
    if (file.kind !== 'read') return file
    next += 1
    return { ...file, sha256: hashes[next - 1]! }
  })
}

function withIdsTogether(pack: SealedPack): SealedPack {
  const ids = inOnePiece(pack.chunks.map(({ id }) => id))
  return { ...pack, chunks: pack.chunks.map((chunk, at) => ({ ...chunk, id: ids[at]! })) }
}
