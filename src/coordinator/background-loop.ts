import { sleep, type Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'

/** Work in the background: idempotent, resumable, one unit at a time. */
export interface BackgroundService {
  /** Does one unit. False when there was nothing to do. Rejects with the signal's reason when aborted. */
  step(signal?: AbortSignal): Promise<boolean>
}

export interface BackgroundLoopOptions {
  readonly name: string
  readonly clock: Clock
  readonly logger: Logger
  /** Waits after a step without work: doubled from the first to the second while there is none. */
  readonly idleMs: number
  readonly idleMaxMs: number
}

/** Steps a service until stopped; waits when there is nothing to do, and longer after failures. */
export class BackgroundLoop {
  readonly #service: BackgroundService
  readonly #options: BackgroundLoopOptions
  readonly #stop = new AbortController()
  #wake = new AbortController()
  #running: Promise<void> | undefined

  constructor(service: BackgroundService, options: BackgroundLoopOptions) {
    this.#service = service
    this.#options = options
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** There may be work: do not wait any longer. */
  wake(): void {
    this.#wake.abort()
  }

  /** Resolves when the unit under way has ended. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('The coordinator ends'))
    this.#wake.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { idleMs, idleMaxMs } = this.#options
    let waitMs = idleMs
    while (!this.#stop.signal.aborted) {
      if (await this.#step()) {
        waitMs = idleMs
        continue
      }
      const woken = await this.#wait(waitMs)
      waitMs = woken ? idleMs : Math.min(idleMaxMs, waitMs * 2)
    }
  }

  async #step(): Promise<boolean> {
    const { name, logger } = this.#options
    try {
      return await this.#service.step(this.#stop.signal)
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
      if (!this.#stop.signal.aborted) logger.error('background work failed', { name, reason })
      return false
    }
  }

  async #wait(waitMs: number): Promise<boolean> {
    const { signal } = this.#wake
    try {
      await sleep(this.#options.clock, waitMs, { signal, background: true })
      return false
    } catch (error) {
      if (!signal.aborted) throw error
      if (!this.#stop.signal.aborted) this.#wake = new AbortController()
      return true
    }
  }
}
