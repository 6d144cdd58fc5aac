/** The chunk list of one version, page by page (docs/format.md, section 9), in bounded memory. */
import { HoldfastError } from '../../base/errors.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'

export type NewPage = ControlRequest<'pages/stage'>['pages'][number]

export interface FinishedPages {
  /** 32 bytes. */
  readonly listRoot: Uint8Array
  readonly chunkCount: number
  /** Empty when they were staged, or when there are no chunks. */
  readonly inline: readonly NewPage[]
}

export interface StageRequest {
  /** Hex. */
  readonly upload: string
  /** So many of the first chunks are registered or known. */
  readonly registeredChunks: number
  readonly signal?: AbortSignal | undefined
}

/** Chunks missing when pages were staged: send them again, then stage again. */
export type StageOutcome =
  | { readonly kind: 'staged' }
  | { readonly kind: 'missing'; readonly chunks: readonly Uint8Array[] }
  | { readonly kind: 'upload-gone' }

/**
 * Takes chunks in the file's order. Lists of at most `limits.inlinePagesMax` pages travel with the commit;
 * of longer ones full pages are staged, and freed, by `stage`.
 */
export interface PageList {
  /** Hex. */
  readonly version: string
  /** Bytes of the ids and lengths held here: call `stage` to make them fewer. */
  readonly heldBytes: number
  add(chunk: { readonly id: Uint8Array; readonly plainBytes: number }): void
  /** Stages full pages of registered chunks if the list is long; nothing to do otherwise. */
  stage(request: StageRequest): Promise<StageOutcome>
  /** Ends the list. Of a long one, `stage` the rest (with all chunks registered), then take `finished`. */
  finish(): void
  /** After `finish` and, of a long list, staging all. */
  finished(): FinishedPages
}

export function createPageList(
  _session: Session,
  _options: { readonly vault: OpenVault; readonly version: string },
): PageList {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}
