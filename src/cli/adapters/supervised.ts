import type { ErrorJson } from '../../base/errors.ts'
import type { ChildMessage } from './child-process.ts'

/** The supervisor of this process. */
export interface Superior {
  ready(address: string): void
  /** Resolves when it has been said. */
  failed(error: ErrorJson): Promise<void>
}

/**
 * Undefined when nobody supervises this process. Otherwise the process ends as soon as its supervisor does,
 * however that ended: nothing acknowledged needs a polite end.
 */
export function superior(): Superior | undefined {
  if (process.send === undefined) return undefined
  process.on('disconnect', () => process.exit(0))
  return {
    ready: (address) => void say({ kind: 'ready', address }),
    failed: (error) => say({ kind: 'failed', error }),
  }
}

function say(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send!(message, undefined, undefined, () => resolve())
  })
}
