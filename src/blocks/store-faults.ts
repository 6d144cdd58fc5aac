/**
 * Defects that only tests switch on, at the very places where they would be made: to show that the crash
 * tests find them.
 */
export type StoreFault =
  /** Records are acknowledged without a sync. */
  | 'no-sync'
  /** A record is in the index before it is durable. */
  | 'index-first'
  /** The unfinished batch of a crash is taken as it is. */
  | 'torn-tail'
  /** Compaction drops delete records whose dead record may still be there. */
  | 'deletes-dropped'

export type StoreFaults = ReadonlySet<StoreFault>

export const noFaults: StoreFaults = new Set()
