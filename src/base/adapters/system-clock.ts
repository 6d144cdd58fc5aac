import type { Clock } from '../clock.ts'

/** The longest wait that a timer of the runtime takes: it fires at once for longer ones. */
const timerMsMax = 2 ** 31 - 1

export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer(delayMs: number, run: () => void, options: { readonly background?: boolean } = {}) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), timerMsMax))
    if (options.background === true) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
})
