import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { ControlAnswer, ControlRequest } from '../wire/control.ts'

export interface HeartbeatOptions {
  /** Sends one signed `heartbeat` (docs/control.md 2); throws when the coordinator cannot be reached. */
  readonly send: (request: ControlRequest<'heartbeat'>) => Promise<ControlAnswer<'heartbeat'>>
  /** What to say now. */
  readonly report: () => Promise<ControlRequest<'heartbeat'>>
  /** What the coordinator answered. */
  readonly learn: (answer: ControlAnswer<'heartbeat'>) => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
}

/** Sends heartbeats until stopped. */
export function startHeartbeat(options: HeartbeatOptions): { stop(): Promise<void> } {
  throw new Error('to be made', { cause: options })
}
