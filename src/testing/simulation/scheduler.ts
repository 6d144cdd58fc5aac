import type { Clock, Timer } from '../../base/clock.ts'
import type { SeededRandom } from './seeded-random.ts'

interface SimulatedEvent {
  readonly atMs: number
  /** Breaks ties by a draw of the seed, so that order among equals varies from seed to seed. */
  readonly draw: number
  readonly run: () => void
  cancelled: boolean
  readonly background: boolean
}

export interface RunLimits {
  readonly timeMaxMs: number
  readonly eventsMax?: number
}

/**
 * The one queue of events of a simulated world, ordered by (simulated time, draw of the seed). Everything
 * that waits (timers, packets, disk operations) is an event here. Between two events all promises settle,
 * so nothing may depend on real I/O, timers or threads.
 */
export class Scheduler {
  readonly #random: SeededRandom
  readonly #heap: SimulatedEvent[] = []
  #nowMs = 0
  #events = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** How many have run. */
  get events(): number {
    return this.#events
  }

  /** Runs `run` after `delayMs` of simulated time. */
  after(delayMs: number, run: () => void, options: { readonly background?: boolean } = {}): Timer {
    const event: SimulatedEvent = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      draw: this.#random.next(),
      run,
      cancelled: false,
      background: options.background ?? false,
    }
    this.#push(event)
    return {
      cancel: () => {
        if (event.cancelled) return
        event.cancelled = true
      },
    }
  }

  /** A clock whose wall time is `offsetMs` off: each simulated machine has its own. */
  clock(offsetMs = 0): Clock {
    const wallStartMs = Date.UTC(2026, 0, 1) + offsetMs
    return {
      nowMs: () => Math.floor(wallStartMs + this.#nowMs),
      monotonicMs: () => this.#nowMs,
      timer: (delayMs, run, options) => this.after(delayMs, run, options),
    }
  }

  /**
   * Runs events until `done` settles; rejects when nothing is left that could settle it, when `timeMaxMs` of
   * simulated time passed, or after `eventsMax` events.
   */
  async run<Value>(done: Promise<Value>, options: RunLimits): Promise<Value> {
    const progress = { settled: false }
    const finish = (): void => {
      progress.settled = true
    }
    done.then(finish, finish)
    const endMs = this.#nowMs + options.timeMaxMs
    const eventsMax = this.#events + (options.eventsMax ?? Infinity)
    await promisesSettled()
    while (!progress.settled) {
      const event = this.#pop()
      if (event === undefined) throw new Error('Simulated world is stuck: no event is left')
      if (event.atMs > endMs) throw new Error(`Simulated time is over: ${options.timeMaxMs} ms`)
      this.#nowMs = Math.max(this.#nowMs, event.atMs)
      this.#events += 1
      if (this.#events > eventsMax) throw new Error('Simulated world never rests')
      event.cancelled = true
      event.run()
      await promisesSettled()
    }
    return done
  }

  /** Lets `ms` of simulated time pass. */
  async advance(ms: number): Promise<void> {
    const passed = new Promise<void>((resolve) => this.after(ms, resolve))
    await this.run(passed, { timeMaxMs: ms + 1 })
  }

  /** All machines sleep for `ms`: what was due meanwhile comes late, in its order. */
  skip(ms: number): void {
    this.#nowMs += ms
  }

  #push(event: SimulatedEvent): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(event, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = event
  }

  #pop(): SimulatedEvent | undefined {
    for (;;) {
      const first = this.#removeFirst()
      if (first === undefined || !first.cancelled) return first
    }
  }

  #removeFirst(): SimulatedEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

function before(left: SimulatedEvent, right: SimulatedEvent): boolean {
  return left.atMs === right.atMs ? left.draw < right.draw : left.atMs < right.atMs
}

/** The queue of promises is empty when this resolves. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
