/**
 * Keeps processes running: starts all, says when all serve, starts again what died, ends all.
 *
 * 1. A process that is needed and ends before it served once ends the start, with its reason; nothing is left.
 *    Any other does not keep the rest from serving; but one of them must.
 * 2. Whatever dies is started again, after a pause that grows while it dies young.
 * 3. A process that said why it cannot serve is gone soon, by force if need be.
 * 4. When `stop` resolves, no process is left.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { ErrorJson } from '../../base/errors.ts'
import { HoldfastError, errorFromJson, errorToJson } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Child, ChildEnd, StartChild, SupervisorEvent } from './process.ts'
import { RestartDelay } from './restart-delay.ts'

export interface SupervisorOptions {
  readonly names: readonly string[]
  /** Those without which nothing can be served. */
  readonly needed: readonly string[]
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
  /** Why it does not serve. */
  error: ErrorJson | undefined
  /** It ended once before it served. */
  failed: boolean
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
      failed: false,
    }))
    this.#started.promise.catch(() => {})
  }

  /**
   * Resolves to those that serve, when each serves or has failed, or after `processReadyMs`. Rejects with the
   * reason when one that is needed cannot, or when none of the others can; then none is left.
   */
  async start(): Promise<readonly Serving[]> {
    const late = this.#options.clock.timer(limits.processReadyMs, () => this.#tooLate())
    try {
      for (const charge of this.#charges) this.#tryLaunch(charge)
      await this.#started.promise
    } catch (error) {
      await this.stop()
      throw error
    } finally {
      late.cancel()
    }
    return this.#charges.filter(isServing).map(serving)
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

  /** Throws what a needed one cannot be started for, while all are. */
  #tryLaunch(charge: Charge): void {
    try {
      this.#launch(charge)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      if (this.#phase === 'starting' && this.#isNeeded(charge)) throw error
      // Its files are damaged, or the system refuses a new process for now.
      charge.error = errorToJson(error)
      this.#died(charge, {})
    }
  }

  #launch(charge: Charge): void {
    const child = this.#options.start(charge.name)
    charge.error = undefined
    charge.state = { kind: 'starting', child, sinceMs: this.#options.clock.monotonicMs() }
    child.watch({
      ready: (address) => this.#ready(charge, { child, address }),
      failed: (error) => {
        charge.error = error
        this.#options.clock.timer(limits.processEndMs, () => {
          if ('child' in charge.state && charge.state.child === child) child.kill()
        })
      },
      ended: (end) => this.#ended(charge, { child, end }),
    })
  }

  #ready(charge: Charge, { child, address }: { child: Child; address: string }): void {
    if (charge.state.kind !== 'starting') return
    charge.state = { ...charge.state, kind: 'serving' }
    charge.address = address
    if (this.#phase === 'running' || charge.failed) {
      this.#options.onEvent({ event: 'restarted', name: charge.name, pid: child.pid })
    }
    this.#startedWhenSettled()
  }

  #startedWhenSettled(): void {
    if (this.#phase !== 'starting') return
    if (!this.#charges.every((charge) => isServing(charge) || charge.failed)) return
    const others = this.#charges.filter((charge) => !this.#isNeeded(charge))
    if (others.length > 0 && !others.some(isServing)) {
      this.#started.reject(whyNot(others.find(({ error }) => error !== undefined) ?? others[0]!))
    } else {
      this.#phase = 'running'
      this.#started.resolve()
    }
  }

  #isNeeded({ name }: Charge): boolean {
    return this.#options.needed.includes(name)
  }

  #ended(charge: Charge, { child, end }: { child: Child; end: ChildEnd }): void {
    if (this.#phase === 'starting' && this.#isNeeded(charge)) {
      charge.state = { kind: 'dead' }
      this.#started.reject(endReason(charge, end))
    } else this.#died(charge, { pid: child.pid, ...end })
  }

  #died(charge: Charge, end: ChildEnd & { readonly pid?: number }): void {
    const { state, name, error } = charge
    const livedMs = 'sinceMs' in state ? this.#options.clock.monotonicMs() - state.sinceMs : 0
    charge.state = { kind: 'dead' }
    if (this.#phase === 'stopping') return this.#resolveWhenStopped()
    const restartMs = this.#options.restart ? charge.delay.after(livedMs) : undefined
    if (restartMs !== undefined) this.#launchLater(charge, restartMs)
    this.#options.onEvent({
      event: 'died',
      name,
      ...end,
      ...(error && { error }),
      ...(restartMs !== undefined && { restartMs }),
    })
    charge.failed = true
    this.#startedWhenSettled()
  }

  #launchLater(charge: Charge, delayMs: number): void {
    const timer = this.#options.clock.timer(delayMs, () => this.#tryLaunch(charge))
    charge.state = { kind: 'waiting', timer }
  }

  /** What is not ready by now does not keep the others waiting: a large store may take its time. */
  #tooLate(): void {
    for (const charge of this.#charges) {
      if (isServing(charge)) continue
      if (this.#isNeeded(charge)) this.#started.reject(whyNot(charge))
      charge.failed = true
    }
    this.#startedWhenSettled()
  }

  #killAll(): void {
    for (const { state } of this.#charges) if ('child' in state) state.child.kill()
  }

  #resolveWhenStopped(): void {
    if (this.#charges.every(({ state }) => state.kind === 'dead')) this.#stopped?.resolve()
  }
}

function isServing({ state }: Charge): boolean {
  return state.kind === 'serving'
}

/** Of one that does not serve. */
function whyNot({ name, error }: Charge): HoldfastError {
  if (error !== undefined) return namedError(name, error)
  const message = `Not ready after ${limits.processReadyMs / 1000} s: ${name}`
  return new HoldfastError('TIMED_OUT', message, { hint: 'See the logs in HOME' })
}

function serving({ name, address = '', state }: Charge): Serving {
  return { name, address, pid: 'child' in state ? state.child.pid : 0 }
}

function endReason({ name, error }: Charge, end: ChildEnd): HoldfastError {
  if (error !== undefined) return namedError(name, error)
  const how = end.signal === undefined ? `exit code ${end.code}` : `signal ${end.signal}`
  return new HoldfastError('INTERNAL', `The process ${name} ended at its start: ${how}`, {
    hint: `See log and crash.log in its folder`,
  })
}

/** As the process said it, with its name. */
function namedError(name: string, error: ErrorJson): HoldfastError {
  return errorFromJson({ ...error, message: `${name}: ${error.message}` })
}
