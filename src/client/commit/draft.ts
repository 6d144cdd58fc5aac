import type { CommitOutcome, Pending } from './pending.ts'

/** A pending operation on its way, with who waits for it. */
export interface Draft {
  readonly pending: Pending
  readonly settle: (outcome: CommitOutcome) => void
  readonly fail: (error: unknown) => void
  /** How often the coordinator refused it. */
  refusals: number
  /** It named a deleted entry that cannot be revived. */
  fresh: boolean
}

/** A draft that a batch holds, with the position of its operation. */
export interface PlacedDraft {
  readonly draft: Draft
  readonly at: number
}
