/** What waits to be committed, as its maker describes it: plain, by path; sealing comes later. */
import { assert } from '../../base/assert.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { FileTime } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { FinishedPages } from './page-list.ts'

export type NewPack = ControlRequest<'commit'>['packs'][number]

/** A file or link whose chunks are durable. */
export interface PendingFile {
  readonly kind: 'file' | 'link'
  /** Names from the root; missing folders are made. */
  readonly path: readonly Uint8Array[]
  /** Hex, random: the same in every try, so that trying again is harmless. Pages are sealed to it. */
  readonly version: string
  readonly mode: number
  readonly modified: FileTime
  readonly bytes: number
  readonly sha256: Uint8Array
  readonly md5?: Uint8Array | undefined
  readonly pages: FinishedPages
  /** Under which its chunks were registered, or are to be with `packs`. */
  readonly upload?: string | undefined
  /** Packs not registered yet: registered by the commit itself. A pack is passed along once. */
  readonly packs?: readonly NewPack[] | undefined
  /** Durable shards this write needs of each pack, when not those of the policy. */
  readonly threshold?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PendingFolder {
  readonly kind: 'folder'
  readonly path: readonly Uint8Array[]
  readonly mode: number
  readonly modified: FileTime
  /** An existing folder: EXISTS, takes mode and time, or stays as it is. */
  readonly ifThere: 'refuse' | 'update' | 'keep'
  readonly signal?: AbortSignal | undefined
}

export interface PendingRemoval {
  readonly kind: 'removal'
  readonly path: readonly Uint8Array[]
  /** Without it only empty folders go (FOLDER_NOT_EMPTY). */
  readonly recursive: boolean
  readonly signal?: AbortSignal | undefined
}

export type Pending = PendingFile | PendingFolder | PendingRemoval

export function isPendingFile(pending: Pending): pending is PendingFile {
  return pending.kind === 'file' || pending.kind === 'link'
}

export type CommitOutcome =
  /** Durable and visible; `entry` is the new head. */
  | { readonly kind: 'committed'; readonly entry: IndexEntry }
  /** It was like that already. */
  | { readonly kind: 'unchanged'; readonly entry: IndexEntry }
  /** Chunks (32 bytes each) that are nowhere healthy: send them, then submit again. */
  | { readonly kind: 'missing'; readonly chunks: readonly Uint8Array[] }
  /** Packs (hex) that were collected meanwhile: send their chunks in new ones, then submit again. */
  | { readonly kind: 'dead'; readonly packs: readonly string[] }
  /** Its lease ended: begin a new upload. */
  | { readonly kind: 'upload-gone' }

/** Of what brings no chunks: such an operation is committed or was there before. */
export function committedEntry(outcome: CommitOutcome): IndexEntry {
  assert(
    outcome.kind === 'committed' || outcome.kind === 'unchanged',
    `what brings no chunks cannot end as ${outcome.kind}`,
  )
  return outcome.entry
}
