/** What may go into one commit: removals by themselves, one upload, one threshold, within its bounds. */
import {
  addSizes,
  emptySize,
  fitsCommit,
  sizeOf,
  type BatchSize,
  type SizeOptions,
} from './batch-size.ts'
import { isPendingFile, type NewPack, type Pending, type PendingFile } from './pending.ts'

export class BatchTerms {
  readonly #packs = new Map<string, NewPack>()
  readonly #known: SizeOptions = { has: (pack) => this.#packs.has(pack) }
  #removes = false
  /** The first file that names an upload or a threshold: the commit has its. */
  #terms: PendingFile | undefined
  #size: BatchSize = emptySize

  /** Whether it is removals. */
  get removes(): boolean {
    return this.#removes
  }

  get packs(): NewPack[] {
    return [...this.#packs.values()]
  }

  get upload(): string | undefined {
    return this.#terms?.upload
  }

  get threshold(): number | undefined {
    return this.#terms?.threshold
  }

  /** Whether it may be committed with the operations that are there. `too-large`: not even by itself. */
  place(pending: Pending, operations: number): 'fits' | 'later' | 'too-large' {
    const size = sizeOf(pending, this.#known)
    if (!fitsCommit(size)) return 'too-large'
    const fits = this.#goesWith(pending, operations) && fitsCommit(addSizes(this.#size, size))
    return fits ? 'fits' : 'later'
  }

  /** Counts one that was laid as so many operations. */
  count(pending: Pending, operations: number): void {
    this.#size = addSizes(this.#size, sizeOf(pending, { ...this.#known, operations }))
    this.#removes = pending.kind === 'removal'
    if (!hasTerms(pending)) return
    this.#terms ??= pending
    for (const pack of pending.packs ?? []) this.#packs.set(pack.pack, pack)
  }

  #goesWith(pending: Pending, operations: number): boolean {
    if (operations > 0 && this.#removes !== (pending.kind === 'removal')) return false
    if (!hasTerms(pending) || !this.#terms) return true
    return pending.upload === this.#terms.upload && pending.threshold === this.#terms.threshold
  }
}

function hasTerms(pending: Pending): pending is PendingFile {
  return isPendingFile(pending) && (pending.upload !== undefined || pending.threshold !== undefined)
}
