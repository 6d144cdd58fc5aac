import { sleep, type Clock } from '../base/clock.ts'

/** Longest work in one turn, so that other requests are served in between. */
const turnMs = 8

/**
 * Lets others have a turn in the middle of long computing: `await pace()` between its parts costs nothing
 * until `turnMs` have passed.
 */
export function createPace(clock: Clock): () => Promise<void> {
  let beganMs = clock.monotonicMs()
  return async () => {
    if (clock.monotonicMs() - beganMs < turnMs) return
    await sleep(clock, 0)
    beganMs = clock.monotonicMs()
  }
}
