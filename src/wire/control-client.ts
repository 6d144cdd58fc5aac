/** The typed client of the control protocol (docs/control.md): what clients and nodes speak with. */
import { sleep, type Clock } from '../base/clock.ts'
import { HoldfastError, type ErrorCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { randomFraction, type Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'
import { decodeAnswer, decodeError, controlPath, encodeRequest } from './control-codec.ts'
import {
  nodeProver,
  openProver,
  sessionProver,
  type ControlNode,
  type ControlSession,
  type Prover,
  type ProverWorld,
} from './control-provers.ts'
import {
  controlMessages,
  type ControlAnswer,
  type ControlName,
  type ControlRequest,
} from './control.ts'
import type { ControlTransport } from './transport.ts'

export type { ControlNode, ControlSession } from './control-provers.ts'

export interface ControlClientOptions {
  readonly transport: ControlTransport
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  /** Needed by messages with `auth: 'session'`; NOT_LOGGED_IN without. */
  readonly session?: ControlSession | undefined
  /** Needed by messages with `auth: 'node'`. */
  readonly node?: ControlNode | undefined
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Of all tries together; `limits.controlTimeoutMs` unless told. */
  readonly timeoutMs?: number | undefined
  /** At most; `limits.controlTriesMax` unless told. */
  readonly triesMax?: number | undefined
}

export interface ControlClient {
  /**
   * Asks, and again after COORDINATOR_UNREACHABLE, CONNECTION_LOST or BUSY with growing pauses: every
   * message may be repeated. Throws what the coordinator refused with, those three, TIMED_OUT, NOT_LOGGED_IN,
   * MALFORMED, IDENTITY_MISMATCH for an answer that is not the coordinator's, or the signal's reason.
   */
  call<Name extends ControlName>(
    name: Name,
    request: ControlRequest<Name>,
    options?: CallOptions,
  ): Promise<ControlAnswer<Name>>
  /** From now on; undefined after a log-out. */
  useSession(session: ControlSession | undefined): void
  /** The coordinator's time, ms, as far as known: this clock's until the first answer that carries it. */
  timeMs(): number
  close(): void
}

const repeatable: ReadonlySet<ErrorCode> = new Set([
  'COORDINATOR_UNREACHABLE',
  'CONNECTION_LOST',
  'BUSY',
])

export function createControlClient(options: ControlClientOptions): ControlClient {
  return new TypedControlClient(options)
}

class TypedControlClient implements ControlClient {
  readonly #options: ControlClientOptions
  readonly #world: ProverWorld
  readonly #nodeProver: Prover | undefined
  #session: ControlSession | undefined
  /** The coordinator's wall clock less our monotonic one. */
  #offsetMs: number

  constructor(options: ControlClientOptions) {
    const { clock, primitives, random, session } = options
    this.#options = options
    this.#session = session
    this.#offsetMs = clock.nowMs() - clock.monotonicMs()
    this.#world = { primitives, random, timeMs: () => this.timeMs() }
    this.#nodeProver = options.node && nodeProver(this.#world, options.node)
  }

  async call<Name extends ControlName>(
    name: Name,
    request: ControlRequest<Name>,
    options: CallOptions = {},
  ): Promise<ControlAnswer<Name>> {
    const prover = this.#proverFor(name)
    const body = encodeRequest(name, request)
    const answer = decodeAnswer(name, await this.#ask(name, { prover, body, options }))
    if ('timeMs' in answer) this.#learnTime(answer.timeMs)
    return answer
  }

  useSession(session: ControlSession | undefined): void {
    this.#session = session
  }

  timeMs(): number {
    return Math.floor(this.#options.clock.monotonicMs() + this.#offsetMs)
  }

  close(): void {
    this.#options.transport.close()
  }

  #proverFor(name: ControlName): Prover {
    const { auth } = controlMessages[name]
    if (auth === 'open') return openProver
    if (auth === 'session' && this.#session) return sessionProver(this.#world, this.#session)
    if (auth === 'node' && this.#nodeProver) return this.#nodeProver
    throw new HoldfastError('NOT_LOGGED_IN', `Cannot ask for ${name}: there is no session`)
  }

  async #ask(name: ControlName, asking: Asking): Promise<Uint8Array> {
    const { clock } = this.#options
    const { timeoutMs = limits.controlTimeoutMs, triesMax = limits.controlTriesMax } =
      asking.options
    const endMs = clock.monotonicMs() + timeoutMs
    let corrected = false
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#askOnce(name, asking, endMs)
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error
        if (!corrected && this.#correctTime(error)) {
          corrected = true
          tries -= 1
          continue
        }
        const pauseMs = this.#pauseAfter(error, tries)
        if (pauseMs === undefined || tries >= triesMax || clock.monotonicMs() + pauseMs >= endMs) {
          throw error
        }
        await sleep(clock, pauseMs, { signal: asking.options.signal })
      }
    }
  }

  async #askOnce(name: ControlName, asking: Asking, endMs: number): Promise<Uint8Array> {
    const { clock, transport } = this.#options
    const { signal } = asking.options
    const path = controlPath(name)
    const { headers, check } = asking.prover({ path, body: asking.body })
    const answer = await transport.send(
      { path, headers, body: asking.body },
      { timeoutMs: Math.max(1, endMs - clock.monotonicMs()), ...(signal && { signal }) },
    )
    check(answer)
    if (answer.status !== 200) throw decodeError(answer.body)
    return answer.body
  }

  /** Whether it was refused for its time, which is right from now on. */
  #correctTime({ code, details }: HoldfastError): boolean {
    const { timeMs } = details
    if (code !== 'NOT_LOGGED_IN' || typeof timeMs !== 'number') return false
    this.#learnTime(timeMs)
    return true
  }

  /** Undefined when trying again makes no sense. */
  #pauseAfter(error: HoldfastError, tries: number): number | undefined {
    if (!repeatable.has(error.code)) return undefined
    const pauseMs = Math.min(limits.controlRetryMaxMs, limits.controlRetryMs * 2 ** (tries - 1))
    return pauseMs * (0.5 + randomFraction(this.#options.random) / 2)
  }

  #learnTime(timeMs: number): void {
    this.#offsetMs = timeMs - this.#options.clock.monotonicMs()
  }
}

interface Asking {
  readonly prover: Prover
  readonly body: Uint8Array
  readonly options: CallOptions
}
