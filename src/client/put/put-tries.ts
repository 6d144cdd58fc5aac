/** Storing one file until it is committed, or until it is clear that it will not be. */
import { HoldfastError, hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { newId } from '../commit/new-id.ts'
import type { CommitOutcome, PendingFile } from '../commit/pending.ts'
import { md5In } from '../engine/digests.ts'
import type { EngineSource } from '../engine/engine.ts'
import type { LocalStat } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { Path } from '../tree/path.ts'
import { storeLargeFile } from './large-file.ts'
import type { ReadFile } from './large-file.ts'
import type { PutWork } from './put-work.ts'

export interface FileToStore {
  readonly source: EngineSource
  readonly to: Path
  /** Size as far as known. */
  readonly bytesExpected: number | undefined
  /** Mode and time for what is not a file (standard input). */
  readonly stat: Pick<LocalStat, 'mode' | 'modified'>
  /** Hex ids of chunks that a commit missed. */
  readonly resend?: ReadonlySet<string>
  readonly progress: (bytes: number) => void
}

export type StoredFile =
  | { readonly kind: 'stored'; readonly entry: IndexEntry; readonly newBytes: number }
  | { readonly kind: 'changed' }

/**
 * Reads the file, sends what the vault lacks, commits. A file that changes while it is read is read afresh
 * up to `changedReadsMax` times; what was collected meanwhile is sent again up to `resendsMax` times.
 */
export async function storeFile(work: PutWork, file: FileToStore): Promise<StoredFile> {
  return await new FileTries(work, file).run()
}

class FileTries {
  readonly #work: PutWork
  readonly #file: FileToStore
  #resend: ReadonlySet<string>
  #changes = 0
  #resends = 0
  #newBytes = 0

  constructor(work: PutWork, file: FileToStore) {
    this.#work = work
    this.#file = file
    this.#resend = file.resend ?? new Set()
  }

  async run(): Promise<StoredFile> {
    for (;;) {
      const outcome = await this.#try()
      if (outcome.kind === 'committed' || outcome.kind === 'unchanged') {
        return { kind: 'stored', entry: outcome.entry, newBytes: this.#newBytes }
      }
      if (outcome.kind === 'changed') {
        this.#changes += 1
        if (this.#changes >= limits.changedReadsMax) return outcome
      } else this.#prepareResend(outcome)
    }
  }

  async #try(): Promise<CommitOutcome | { readonly kind: 'changed' }> {
    const { source, bytesExpected, progress } = this.#file
    const version = newId(this.#work.session.world.random)
    try {
      const read = await storeLargeFile(this.#work, {
        source,
        version,
        bytesExpected,
        resend: this.#resend,
        progress,
      })
      if (read.kind !== 'read') return read
      this.#newBytes += read.newBytes
      return await this.#commit(version, read)
    } catch (error) {
      if (!hasCode(error, 'PACK_DEAD')) throw error
      return { kind: 'dead', packs: [] }
    }
  }

  #commit(version: string, read: ReadFile): Promise<CommitOutcome> {
    const { stat = this.#file.stat, end, pages } = read
    return submitFile(this.#work, {
      kind: 'file',
      path: this.#file.to,
      version,
      mode: stat.mode,
      modified: stat.modified,
      bytes: end.bytes,
      sha256: end.sha256,
      md5: md5In(end.digests),
      pages,
    })
  }

  /** What comes from standard input cannot be read twice. */
  #prepareResend(outcome: CommitOutcome): void {
    this.#resends += 1
    if (this.#resends >= limits.resendsMax || this.#file.source.kind === 'handle') {
      throw collectedMeanwhile()
    }
    this.#resend = resendOf(outcome)
  }
}

/** Commits under the upload of this put; a lease that ended meanwhile is replaced. */
export async function submitFile(work: PutWork, pending: PendingFile): Promise<CommitOutcome> {
  const { committer, options, upload } = work
  const { signal, threshold } = options
  const { id } = upload
  const outcome = await committer.submit({ ...pending, upload: id, threshold, signal })
  if (outcome.kind === 'upload-gone') upload.renew(id)
  return outcome
}

/** Hex ids of the chunks that a commit missed. */
export function resendOf(outcome: CommitOutcome): Set<string> {
  return new Set(outcome.kind === 'missing' ? outcome.chunks.map((id) => id.toHex()) : [])
}

export function collectedMeanwhile(): HoldfastError {
  return new HoldfastError(
    'CHUNKS_MISSING',
    'Cannot commit: stored parts were collected meanwhile',
    { hint: 'Run the command again' },
  )
}
