/** Keeps a vault's index current from its feed, and trusts nothing in it before it was verified. */
import { HoldfastError } from '../../base/errors.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'
import type { IndexEntry, VaultIndex } from './vault-index.ts'

export interface VaultFeed {
  readonly vault: OpenVault
  readonly index: VaultIndex
  /**
   * Afterwards the index holds every commit acknowledged before the call. Calls at one moment share their
   * requests. FEED_FORKED, TERM_OLD, RECORD_FORGED; nothing of a part that is refused is kept.
   */
  catchUp(signal?: AbortSignal): Promise<void>
  /** Checks the signature of the commit that made this version, unless it was. RECORD_FORGED. */
  verifyVersion(entry: IndexEntry): void
  close(): void
}

/** Opens the vault's index. Does not catch up. */
export function openFeed(_session: Session, _vault: OpenVault): VaultFeed {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}
