/** Every job of the engine by name, as one thread runs them. */
import { assert } from '../../base/assert.ts'
import { HoldfastError } from '../../base/errors.ts'
import { scratchBytes } from '../../core/kernels.ts'
import { Batch, batchFileBytesMax } from './batches.ts'
import { RunningDigests, type ContentDigests } from './digests.ts'
import { CoreVaults } from './engine-core.ts'
import type { CoreParts } from './engine-core.ts'
import type {
  BatchJob,
  BatchResult,
  EngineSource,
  EngineVault,
  OpenJob,
  OpenResult,
  ReconstructJob,
  SealedPack,
  SealJob,
  SourceHandle,
  WindowJob,
  WriteBatchJob,
  WriteBatchResult,
  WriteJob,
} from './engine.ts'
import { openChunks, writeBatch, writeSpans } from './opening.ts'
import { PackWriter } from './pack-writer.ts'
import { Source, type HashJob, type ReadWindow } from './windows.ts'

/** What each thread keeps in the shared memory for itself: kernel scratch. */
export const threadBytes = scratchBytes

export class Jobs {
  readonly #parts: CoreParts
  readonly #vaults: CoreVaults
  readonly #sources = new Map<number, Source>()
  readonly #hashes = new Map<number, RunningDigests>()
  readonly #scratch = new Uint8Array(batchFileBytesMax + 1)
  #lastSource = 0

  constructor(parts: CoreParts) {
    this.#parts = parts
    this.#vaults = new CoreVaults(parts.primitives)
  }

  useVault(vault: EngineVault): void {
    this.#vaults.use(vault)
  }

  openSource(source: EngineSource): SourceHandle {
    const opened = new Source(this.#parts, this.#vaults.get(source.vault), source)
    this.#lastSource += 1
    this.#sources.set(this.#lastSource, opened)
    return { source: this.#lastSource, stat: opened.stat }
  }

  window(job: WindowJob): ReadWindow {
    return this.#source(job.source).window(job)
  }

  /** The digests, behind the last bytes. */
  hash({ hash, digests, at, length, position, last }: HashJob): ContentDigests | undefined {
    const running = this.#hashes.get(hash) ?? new RunningDigests(this.#parts.primitives, digests)
    assert(running.bytes === position, 'a content is hashed from its first byte to its last')
    this.#hashes.set(hash, running)
    running.update(this.#parts.memory.subarray(at, at + length))
    if (!last) return undefined
    this.#hashes.delete(hash)
    return running.finish()
  }

  /** Of a content that nothing comes of. */
  dropHash(hash: number): void {
    this.#hashes.delete(hash)
  }

  closeSource(source: SourceHandle): void {
    this.#source(source.source).close()
    this.#sources.delete(source.source)
  }

  seal(job: SealJob): SealedPack {
    const writer = new PackWriter(this.#parts, this.#vaults.get(job.vault), job)
    for (const { at, length, id } of job.chunks) {
      writer.add(id, this.#parts.memory.subarray(at, at + length))
    }
    return writer.finish()
  }

  batch(job: BatchJob): BatchResult {
    return new Batch(this.#parts, this.#vaults.get(job.vault), job, this.#scratch).run()
  }

  open(job: OpenJob): OpenResult {
    return openChunks(this.#parts, this.#vaults.get(job.vault), job)
  }

  write(job: WriteJob): void {
    writeSpans(this.#parts, job)
  }

  writeBatch(job: WriteBatchJob): WriteBatchResult {
    return writeBatch(this.#parts, this.#vaults.get(job.vault), job)
  }

  reconstruct(job: ReconstructJob): void {
    this.#parts.kernels.reconstruct(job)
  }

  #source(source: number): Source {
    const found = this.#sources.get(source)
    if (!found) throw new HoldfastError('INTERNAL', `Engine has no source ${source} open`)
    return found
  }
}
