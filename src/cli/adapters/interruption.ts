import { HoldfastError } from '../../base/errors.ts'

/** A second Ctrl-C ends the process at once; but one key may arrive twice (through npm). */
const secondMs = 1000

/**
 * A signal that Ctrl-C, SIGTERM or SIGHUP aborts with INTERRUPTED, `details.signal` naming which. Under a
 * supervisor Ctrl-C is left to it.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  let firstMs: number | undefined
  const stop = (signal: NodeJS.Signals): void => {
    if (firstMs === undefined) {
      firstMs = performance.now()
      const message = signal === 'SIGINT' ? 'Interrupted' : `Stopped by ${signal}`
      controller.abort(new HoldfastError('INTERRUPTED', message, { details: { signal } }))
    } else if (performance.now() - firstMs > secondMs) process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || process.send === undefined) stop(signal)
    })
  }
  return controller.signal
}
