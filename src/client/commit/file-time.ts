import type { Clock } from '../../base/clock.ts'
import type { FileTime } from '../engine/local-files.ts'

/** The wall clock as modification times are kept. */
export function fileTimeNow(clock: Clock): FileTime {
  const nowMs = clock.nowMs()
  const seconds = Math.floor(nowMs / 1000)
  return { seconds, nanoseconds: Math.floor((nowMs - seconds * 1000) * 1_000_000) }
}
