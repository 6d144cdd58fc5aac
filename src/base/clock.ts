/** Time as everything sees it: passed in, so that a simulated one can take its place. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. May jump: never decides safety. */
  nowMs(): number
  /** Never goes back. Only differences mean something. Fractions allowed. */
  monotonicMs(): number
  /** Runs `run` once after `delayMs`. The timer does not keep a process alive when `background`. */
  timer(delayMs: number, run: () => void, options?: { readonly background?: boolean }): Timer
}

export interface Timer {
  /** Harmless when it already ran. */
  cancel(): void
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it is aborted. */
export function sleep(
  clock: Clock,
  delayMs: number,
  options: { readonly signal?: AbortSignal | undefined; readonly background?: boolean } = {},
): Promise<void> {
  const { signal } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const abort = (): void => {
      timer.cancel()
      reject(signal?.reason as Error)
    }
    const timer = clock.timer(
      delayMs,
      () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      },
      { background: options.background ?? false },
    )
    signal?.addEventListener('abort', abort, { once: true })
  })
}
