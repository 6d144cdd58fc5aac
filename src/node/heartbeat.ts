import { sleep } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { ControlAnswer, ControlRequest } from '../wire/control.ts'

export interface HeartbeatOptions {
  /** Sends one signed `heartbeat` (docs/control.md 2), once; throws when the coordinator cannot be reached. */
  readonly send: (request: ControlRequest<'heartbeat'>) => Promise<ControlAnswer<'heartbeat'>>
  /** What to say now. */
  readonly report: () => Promise<ControlRequest<'heartbeat'>>
  /** What the coordinator answered. */
  readonly learn: (answer: ControlAnswer<'heartbeat'>) => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  /** From the begin of one to the begin of the next; `limits.heartbeatMs` unless told. */
  readonly periodMs?: number | undefined
}

/**
 * Sends a heartbeat every `periodMs`, one at a time, until stopped; `stop` resolves when none is under way.
 * The log says once when the coordinator stops answering, why, and once when it answers again.
 */
export function startHeartbeat(options: HeartbeatOptions): { stop(): Promise<void> } {
  const ending = new AbortController()
  const running = beatUntilAborted(options, ending.signal)
  return {
    async stop() {
      ending.abort()
      await running
    },
  }
}

async function beatUntilAborted(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger, periodMs = limits.heartbeatMs } = options
  let silence: string | undefined
  while (!signal.aborted) {
    const startMs = clock.monotonicMs()
    const failure = await beat(options)
    if (failure !== undefined && silence === undefined) {
      logger.warn('coordinator does not answer', { reason: failure })
    }
    if (failure === undefined && silence !== undefined) logger.info('coordinator answers again')
    silence = failure
    const restMs = startMs + periodMs - clock.monotonicMs()
    await pause(clock, { restMs, signal })
  }
}

/** Why it failed; undefined when it did not. */
async function beat({ report, send, learn }: HeartbeatOptions): Promise<string | undefined> {
  try {
    await learn(await send(await report()))
    return undefined
  } catch (error) {
    if (error instanceof HoldfastError) return `${error.code}: ${error.message}`
    throw error
  }
}

async function pause(
  clock: Clock,
  { restMs, signal }: { readonly restMs: number; readonly signal: AbortSignal },
): Promise<void> {
  try {
    await sleep(clock, Math.max(0, restMs), { signal, background: true })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
