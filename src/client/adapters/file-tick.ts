/**
 * The system's clock of file times stands still for some milliseconds at a time. A file that is read in the very
 * tick in which it was written could be written once more without its times showing it, and would be taken for
 * unchanged ever after: so reading waits for that tick to be over.
 */
import { limits } from '../../base/limits.ts'
import type { FileTime } from '../engine/local-files.ts'

const cell = new Int32Array(new SharedArrayBuffer(4))
/** A file that is written all the time changes while it is read too, and that is seen. */
const waitsMax = 3

/**
 * Returns when a write from now on would get another time of modification than the file has: `modified`, or
 * what `look` tells after a wait.
 */
export function waitForFileTick(modified: FileTime, look: () => FileTime): void {
  let last = modified
  for (let waits = 0; waits < waitsMax; waits += 1) {
    const ageMs = Date.now() - (last.seconds * 1000 + last.nanoseconds / 1e6)
    if (ageMs < 0 || ageMs >= limits.fileTickMs) return
    Atomics.wait(cell, 0, 0, limits.fileTickMs - ageMs)
    last = look()
  }
}
