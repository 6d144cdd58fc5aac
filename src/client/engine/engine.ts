/**
 * The heavy work of a client: reading, cutting, hashing, sealing, coding and opening, over one block of
 * memory that all threads share. `inline-engine.ts` does it in this thread (tests, the simulated world),
 * `adapters/threads-engine.ts` in worker threads. Slots of the memory are handed out by `slots`; a job
 * reads and writes only the slots it names, and nobody else may touch those until it settles.
 */
import type { ErrorJson } from '../../base/errors.ts'
import type { ContentDigests, Digest, DigestAlgorithm } from './digests.ts'
import type { FileTime, LocalHandle, LocalStat } from './local-files.ts'
import type { Slot, SlotPool } from './slot-pool.ts'

export interface Engine {
  /** All of the shared memory: views of it are what sockets send from and receive into. */
  readonly memory: Uint8Array
  readonly slots: SlotPool
  /** How many jobs make sense at once. */
  readonly threads: number
  /** Jobs name the vault by its id; its keys are told once. */
  useVault(vault: EngineVault): void
  /** Opens a file for `window`. */
  openSource(source: EngineSource): Promise<SourceHandle>
  /**
   * Reads on into the slot and cuts; hashes what was read while the next window is worked on. Windows of one
   * source are asked for one after the other.
   */
  window(job: WindowJob): Promise<WindowResult>
  closeSource(source: SourceHandle): Promise<void>
  /** Seals chunks into a pack and codes its shards. */
  seal(job: SealJob): Promise<SealedPack>
  /** Reads small files and makes one pack of them. */
  batch(job: BatchJob): Promise<BatchResult>
  /** Opens sealed chunks in place; each content lies at `at + contentAt` afterwards. */
  open(job: OpenJob): Promise<OpenResult>
  write(job: WriteJob): Promise<void>
  /** Opens sealed chunks in place and writes whole small files; files may share chunks. */
  writeBatch(job: WriteBatchJob): Promise<WriteBatchResult>
  /** Computes shard ranges that are wanted from the same ranges of k others. */
  reconstruct(job: ReconstructJob): Promise<void>
  close(): Promise<void>
}

/** What threads need of an open vault. */
export interface EngineVault {
  /** Hex. */
  readonly vault: string
  readonly lifeKey: Uint8Array
  /** Generation keys from 1. */
  readonly generationKeys: readonly Uint8Array[]
  readonly packListKey: Uint8Array
}

export type EngineSource = (
  | { readonly kind: 'path'; readonly path: Uint8Array; readonly vault: string }
  | { readonly kind: 'handle'; readonly handle: LocalHandle; readonly vault: string }
) &
  WantedDigests

export interface WantedDigests {
  /** Of the content, beside its SHA-256. */
  readonly digests?: readonly DigestAlgorithm[] | undefined
}

export interface SourceHandle {
  readonly source: number
  /** Undefined for standard input. */
  readonly stat: LocalStat | undefined
}

export interface WindowJob {
  readonly source: number
  readonly slot: Slot
  /** Bytes of the last window that belong to a chunk not ended yet: copied to the front of the slot. */
  readonly carry: Span | undefined
}

export interface Span {
  readonly at: number
  readonly length: number
}

export interface CutChunk extends Span {
  /** 32 bytes. */
  readonly id: Uint8Array
}

export interface WindowResult {
  readonly chunks: readonly CutChunk[]
  readonly carry: Span | undefined
  /** Settles when the slot is not hashed from any more. */
  readonly hashed: Promise<unknown>
  /** There when the source ended. */
  readonly end: SourceEnd | undefined
}

export interface SourceEnd extends ContentDigests {
  readonly bytes: number
  /** False when size, time or identity are not as they were when it was opened. */
  readonly unchanged: boolean
}

/** A pack to be made. */
export interface PackOrder {
  readonly vault: string
  readonly generation: number
  readonly k: number
  readonly m: number
  /** 16 bytes. */
  readonly pack: Uint8Array
  /** Where data shards, then parity shards go. */
  readonly slot: Slot
}

export interface SealJob extends PackOrder {
  readonly chunks: readonly CutChunk[]
}

export interface SealedPack {
  readonly packLength: number
  readonly shardLength: number
  /** Shard i lies at slot.at + i × shardLength. */
  readonly shardsAt: number
  /** 32 bytes each. */
  readonly dataRoots: readonly Uint8Array[]
  readonly roots: readonly Uint8Array[]
  /** 128 bytes each. */
  readonly headers: readonly Uint8Array[]
  readonly chunks: readonly SealedPlace[]
}

export interface SealedPlace {
  readonly id: Uint8Array
  readonly offset: number
  /** Sealed. */
  readonly length: number
}

export interface BatchJob extends PackOrder, WantedDigests {
  readonly items: readonly BatchItem[]
}

export type BatchItem =
  /** `bytes`: as long as it was when it was found. */
  | { readonly kind: 'path'; readonly path: Uint8Array; readonly bytes: number }
  /** A link's target. */
  | { readonly kind: 'content'; readonly content: Uint8Array }

export interface BatchResult {
  /** As many of the items, from the first, as fitted. */
  readonly files: readonly BatchFile[]
  /** Undefined when no file had content. */
  readonly pack: SealedPack | undefined
}

export type BatchFile =
  | {
      readonly kind: 'read'
      /** Undefined for given content. */
      readonly stat: LocalStat | undefined
      readonly bytes: number
      readonly sha256: Uint8Array
      readonly digests: readonly Digest[]
      /** Position in the pack's chunks; undefined for an empty file. */
      readonly chunk: number | undefined
    }
  /** Grew over what a batch takes: it goes the way of large files. */
  | { readonly kind: 'large' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly error: ErrorJson }

export interface SealedSpan extends Span {
  readonly id: Uint8Array
  readonly generation: number
  readonly plainBytes: number
}

export interface OpenJob {
  readonly vault: string
  readonly chunks: readonly SealedSpan[]
}

/** Writes parts of the memory into an open file. */
export interface WriteJob {
  readonly handle: LocalHandle
  readonly spans: readonly (Span & { readonly position: number })[]
}

/** For each chunk, in order. `false`: tag or id is wrong, nothing was given out. */
export interface OpenResult {
  readonly opened: readonly boolean[]
}

export interface WriteBatchJob {
  readonly vault: string
  readonly files: readonly WriteFile[]
}

export interface WriteFile {
  /** The content of a link is its target. */
  readonly kind: 'file' | 'link'
  /** Beside the final name. */
  readonly temporary: Uint8Array
  readonly path: Uint8Array
  readonly mode: number
  readonly modified: FileTime
  readonly sync: boolean
  /** `isOpen`: it was opened in place before. */
  readonly chunks: readonly (SealedSpan & { readonly isOpen?: boolean })[]
}

export type WriteOutcome =
  | { readonly kind: 'written' }
  /** Position of the chunk that did not open; nothing was left behind. */
  | { readonly kind: 'sealed-wrong'; readonly chunk: number }
  | { readonly kind: 'failed'; readonly error: ErrorJson }

export interface WriteBatchResult {
  readonly files: readonly WriteOutcome[]
}

export interface ReconstructJob {
  readonly k: number
  readonly m: number
  readonly bytes: number
  /** k of them. */
  readonly present: readonly ShardSpan[]
  readonly wanted: readonly ShardSpan[]
}

export interface ShardSpan {
  readonly index: number
  readonly at: number
}

/** Of an opened chunk: where in its sealed span the content begins. */
export const contentAt = 5
