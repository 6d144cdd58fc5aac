/** The one way a client makes anything visible: groups, signs, sends, and settles conflicts. */
import { HoldfastError } from '../../base/errors.ts'
import type { VaultFeed } from '../index/vault-feed.ts'
import type { Session } from '../session.ts'
import type { CommitOutcome, Pending } from './pending.ts'

/**
 * Pending operations that are there at one moment go into one commit; while one is under way, others
 * gather. A head that changed meanwhile is replaced (last writer wins), deleted parents are made again, at
 * most `limits.commitTriesMax` times. The paths are looked up when the commit is made.
 */
export interface Committer {
  readonly session: Session
  readonly feed: VaultFeed
  /**
   * Throws KIND_CONFLICT, NOT_FOUND, EXISTS, FOLDER_NOT_EMPTY, BAD_NAME, CHANGED (too many tries),
   * OVER_QUOTA, FORBIDDEN, FEED_FORKED, RECORD_FORGED, and what asking the coordinator throws; after
   * CONNECTION_LOST and its like, submitting the same again is safe.
   */
  submit(pending: Pending): Promise<CommitOutcome>
  /** Resolves when nothing is waiting or under way. */
  idle(): Promise<void>
}

/** The index of `feed` should have caught up once, or the first commit may be refused and made again. */
export function createCommitter(_session: Session, _feed: VaultFeed): Committer {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}
