/**
 * Keeps processes running: starts all, says when all serve, starts again what died, ends all.
 *
 * 1. A process that ends before all served once ends the start, with its reason; nothing of it is left.
 * 2. After that a process that dies is started again, after a pause that grows while it dies young.
 * 3. When `stop` resolves, no process is left.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { ErrorJson } from '../../base/errors.ts'
import { HoldfastError, errorFromJson } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Child, ChildEnd, StartChild, SupervisorEvent } from './process.ts'
import { RestartDelay } from './restart-delay.ts'

export interface SupervisorOptions {
  readonly names: readonly string[]
  readonly start: StartChild
  readonly clock: Clock
  readonly restart: boolean
  readonly onEvent: (event: SupervisorEvent) => void
}

export interface Serving {
  readonly name: string
  readonly address: string
  readonly pid: number
}

/** `starting`: not ready yet; `waiting`: dead, to be started again; `dead`: for good. */
type State =
  | { readonly kind: 'starting' | 'serving'; readonly child: Child; readonly sinceMs: number }
  | { readonly kind: 'waiting'; readonly timer: Timer }
  | { readonly kind: 'dead' }

interface Charge {
  readonly name: string
  readonly delay: RestartDelay
  state: State
  address: string | undefined
  error: ErrorJson | undefined
}

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #charges: readonly Charge[]
  readonly #started = Promise.withResolvers<void>()
  #phase: 'starting' | 'running' | 'stopping' = 'starting'
  #stopped: PromiseWithResolvers<void> | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#charges = options.names.map((name) => ({
      name,
      delay: new RestartDelay(),
      state: { kind: 'dead' },
      address: undefined,
      error: undefined,
    }))
    this.#started.promise.catch(() => {})
  }

  /** Resolves when all serve. Rejects with the reason of the first that cannot; then none is left. */
  async start(): Promise<readonly Serving[]> {
    const late = this.#options.clock.timer(limits.processReadyMs, () => this.#tooLate())
    try {
      for (const charge of this.#charges) this.#launch(charge)
      await this.#started.promise
    } catch (error) {
      await this.stop()
      throw error
    } finally {
      late.cancel()
    }
    return this.#charges.map(serving)
  }

  /** Ends all politely, and after `processEndMs` at once. */
  async stop(): Promise<void> {
    if (this.#stopped !== undefined) return this.#stopped.promise
    this.#stopped = Promise.withResolvers<void>()
    this.#phase = 'stopping'
    this.#started.reject(new HoldfastError('INTERRUPTED', 'Stopped before everything was ready'))
    for (const charge of this.#charges) {
      if (charge.state.kind === 'waiting') {
        charge.state.timer.cancel()
        charge.state = { kind: 'dead' }
      } else if (charge.state.kind !== 'dead') charge.state.child.end()
    }
    const patience = this.#options.clock.timer(limits.processEndMs, () => this.#killAll())
    this.#resolveWhenStopped()
    await this.#stopped.promise
    patience.cancel()
  }

  #launch(charge: Charge): void {
    const child = this.#options.start(charge.name)
    charge.error = undefined
    charge.state = { kind: 'starting', child, sinceMs: this.#options.clock.monotonicMs() }
    child.watch({
      ready: (address) => this.#ready(charge, { child, address }),
      failed: (error) => {
        charge.error = error
      },
      ended: (end) => this.#ended(charge, { child, end }),
    })
  }

  #ready(charge: Charge, { child, address }: { child: Child; address: string }): void {
    if (charge.state.kind !== 'starting') return
    charge.state = { ...charge.state, kind: 'serving' }
    charge.address = address
    if (this.#phase === 'running') {
      this.#options.onEvent({ event: 'restarted', name: charge.name, pid: child.pid })
    } else if (this.#charges.every(({ state }) => state.kind === 'serving')) {
      this.#phase = this.#phase === 'starting' ? 'running' : this.#phase
      this.#started.resolve()
    }
  }

  #ended(charge: Charge, { child, end }: { child: Child; end: ChildEnd }): void {
    const { state, name, error } = charge
    const livedMs = 'sinceMs' in state ? this.#options.clock.monotonicMs() - state.sinceMs : 0
    charge.state = { kind: 'dead' }
    if (this.#phase === 'starting') this.#started.reject(endReason(charge, end))
    if (this.#phase !== 'running') return this.#resolveWhenStopped()
    const restartMs = this.#options.restart ? charge.delay.after(livedMs) : undefined
    if (restartMs !== undefined) this.#launchLater(charge, restartMs)
    this.#options.onEvent({
      event: 'died',
      name,
      pid: child.pid,
      ...end,
      ...(error && { error }),
      ...(restartMs !== undefined && { restartMs }),
    })
  }

  #launchLater(charge: Charge, delayMs: number): void {
    const timer = this.#options.clock.timer(delayMs, () => {
      try {
        this.#launch(charge)
      } catch (error) {
        if (!(error instanceof Error)) throw error
        // The system refuses a new process for now: out of processes, or of memory.
        this.#launchLater(charge, charge.delay.after(0))
      }
    })
    charge.state = { kind: 'waiting', timer }
  }

  #tooLate(): void {
    const late = this.#charges.filter(({ state }) => state.kind !== 'serving')
    const names = late.map(({ name }) => name).join(', ')
    const message = `Not ready after ${limits.processReadyMs / 1000} s: ${names}`
    this.#started.reject(new HoldfastError('TIMED_OUT', message, { hint: 'See the logs in HOME' }))
  }

  #killAll(): void {
    for (const { state } of this.#charges) if ('child' in state) state.child.kill()
  }

  #resolveWhenStopped(): void {
    if (this.#charges.every(({ state }) => state.kind === 'dead')) this.#stopped?.resolve()
  }
}

function serving({ name, address = '', state }: Charge): Serving {
  return { name, address, pid: 'child' in state ? state.child.pid : 0 }
}

function endReason({ name, error }: Charge, end: ChildEnd): HoldfastError {
  if (error !== undefined) return errorFromJson(error)
  const how = end.signal === undefined ? `exit code ${end.code}` : `signal ${end.signal}`
  return new HoldfastError('INTERNAL', `The process ${name} ended at its start: ${how}`, {
    hint: `See log and crash.log in its folder`,
  })
}
