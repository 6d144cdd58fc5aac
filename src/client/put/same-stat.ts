import type { DigestAlgorithm } from '../engine/digests.ts'
import type { LocalStat } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'

type Stat = Pick<LocalStat, 'mode' | 'modified'>

/** Times that a restored file may differ by: what setting them loses. */
const roundingNanoseconds = 1000

/** Whether a file or link is as the index has it, by all that can be seen without reading it. */
export function isAsBefore(found: IndexEntry, kind: 'file' | 'link', stat: LocalStat): boolean {
  return found.kind === kind && found.bytes === stat.bytes && sameStat(found, stat)
}

/** Whether it has the digests that are wanted of files. */
export function hasDigests(found: IndexEntry, wanted: readonly DigestAlgorithm[]): boolean {
  return found.kind !== 'file' || wanted.every((algorithm) => found[algorithm] !== undefined)
}

export function sameStat(entry: Stat, stat: Stat): boolean {
  const apartSeconds = entry.modified.seconds - stat.modified.seconds
  if (Math.abs(apartSeconds) > 1 || entry.mode !== stat.mode) return false
  const apart = apartSeconds * 1e9 + entry.modified.nanoseconds - stat.modified.nanoseconds
  return Math.abs(apart) <= roundingNanoseconds
}
