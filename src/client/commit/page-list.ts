/** The chunk list of one version, page by page (docs/format.md, section 9), in bounded memory. */
import { assert } from '../../base/assert.ts'
import { concatBytes, fromHex } from '../../base/bytes.ts'
import { HoldfastError, hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { listRoot, pageHash, sealPageLengths } from '../../core/page.ts'
import { chunkIdBytes } from '../../core/sized.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'
import { chunksIn, isUploadGone } from './refusals.ts'

export type NewPage = ControlRequest<'pages/stage'>['pages'][number]

export interface FinishedPages {
  /** 32 bytes. */
  readonly listRoot: Uint8Array
  readonly chunkCount: number
  /** Key generation they are sealed with: the record must be of the same. */
  readonly generation: number
  /** Empty when they were staged, or when there are no chunks. */
  readonly inline: readonly NewPage[]
}

export interface StageRequest {
  /** Hex. */
  readonly upload: string
  /** So many of the first chunks are registered or known. */
  readonly registeredChunks: number
  /** Durable shards this write needs, when not those of the policy. */
  readonly threshold?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export type StageOutcome =
  | { readonly kind: 'staged' }
  /** Chunks (32 bytes each) that are nowhere healthy: send them, then stage again. */
  | { readonly kind: 'missing'; readonly chunks: readonly Uint8Array[] }
  | { readonly kind: 'upload-gone' }

/**
 * Takes chunks in the file's order. Lists of at most `limits.inlinePagesMax` pages travel with the commit;
 * of longer ones full pages are staged, and freed, by `stage`. One call of `stage` at a time.
 */
export interface PageList {
  /** Hex. */
  readonly version: string
  /** Chunks taken so far. */
  readonly chunkCount: number
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
  session: Session,
  options: { readonly vault: OpenVault; readonly version: string },
): PageList {
  return new SealedPageList(session, options)
}

class SealedPageList implements PageList {
  readonly version: string
  readonly #session: Session
  readonly #vault: OpenVault
  readonly #hashes: Uint8Array[] = []
  #ids: Uint8Array[] = []
  #lengths: number[] = []
  /** Plain offset of the page that is being filled. */
  #offset = 0
  #waiting: NewPage[] = []
  #chunkCount = 0
  #staged = 0
  #ended = false

  constructor(session: Session, options: { readonly vault: OpenVault; readonly version: string }) {
    this.version = options.version
    this.#session = session
    this.#vault = options.vault
  }

  get chunkCount(): number {
    return this.#chunkCount
  }

  get heldBytes(): number {
    return (this.#waiting.length * limits.pageChunksMax + this.#ids.length) * (chunkIdBytes + 4)
  }

  add({ id, plainBytes }: { readonly id: Uint8Array; readonly plainBytes: number }): void {
    assert(!this.#ended, 'a finished list takes no chunks')
    assert(id.length === chunkIdBytes, 'a chunk id has 32 bytes')
    this.#ids.push(id)
    this.#lengths.push(plainBytes)
    this.#chunkCount += 1
    if (this.#ids.length === limits.pageChunksMax) this.#closePage()
  }

  async stage(request: StageRequest): Promise<StageOutcome> {
    if (!this.#isLong) return { kind: 'staged' }
    for (;;) {
      const pages = this.#stageable(request.registeredChunks)
      if (pages.length === 0) return { kind: 'staged' }
      const outcome = await this.#send(pages, request)
      if (outcome.kind !== 'staged') return outcome
      this.#staged += pages.length
      this.#waiting.splice(0, pages.length)
    }
  }

  finish(): void {
    if (this.#ids.length > 0) this.#closePage()
    this.#ended = true
  }

  finished(): FinishedPages {
    assert(this.#ended, 'a list is finished first')
    assert(!this.#isLong || this.#waiting.length === 0, 'a long list is staged first')
    return {
      listRoot: listRoot(this.#session.world.primitives, this.#hashes),
      chunkCount: this.#chunkCount,
      generation: this.#vault.keys.newestGeneration,
      inline: this.#waiting,
    }
  }

  /** Once a page was staged, all are. */
  get #isLong(): boolean {
    return this.#staged > 0 || this.#hashes.length > limits.inlinePagesMax
  }

  #closePage(): void {
    const { primitives, random } = this.#session.world
    const { keys } = this.#vault
    const ids = concatBytes(this.#ids)
    const number = this.#hashes.length
    const sealedLengths = sealPageLengths(primitives, keys, {
      generation: keys.newestGeneration,
      version: fromHex(this.version)!,
      number,
      ids,
      offset: this.#offset,
      lengths: this.#lengths,
      nonce: random.bytes(12),
    })
    for (const length of this.#lengths) this.#offset += length
    this.#hashes.push(pageHash(primitives, { ids, sealedLengths }))
    this.#waiting.push({ number, ids, sealedLengths })
    this.#ids = []
    this.#lengths = []
  }

  #stageable(registeredChunks: number): NewPage[] {
    const registered = ({ number, ids }: NewPage): boolean =>
      number * limits.pageChunksMax + ids.length / chunkIdBytes <= registeredChunks
    const end = this.#waiting.findIndex((page) => !registered(page))
    const most = end < 0 ? this.#waiting.length : end
    return this.#waiting.slice(0, Math.min(most, limits.stagePagesMax))
  }

  async #send(pages: NewPage[], request: StageRequest): Promise<StageOutcome> {
    const { upload, threshold, signal } = request
    const { vault } = this.#vault
    const parts = { upload, vault, version: this.version, pages, threshold }
    try {
      await this.#session.control.call('pages/stage', parts, { signal })
      return { kind: 'staged' }
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      if (hasCode(error, 'CHUNKS_MISSING')) return { kind: 'missing', chunks: chunksIn(error) }
      if (isUploadGone(error)) return { kind: 'upload-gone' }
      throw error
    }
  }
}
