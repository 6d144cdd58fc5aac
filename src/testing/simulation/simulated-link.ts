import { countNothing } from './counters.ts'
import type { Count } from './counters.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Piece } from './simulated-connection.ts'

export interface LinkConditions {
  /** One way, ms. */
  readonly latencyMs: number
  /** Added to each delivery, from 0 to this. */
  readonly jitterMs: number
  readonly bytesPerMs: number
  /** Chance that a delivered piece has one bit flipped. */
  readonly flipChance: number
}

export interface LinkWorld {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly count?: Count
}

const slowMs = 5

/** One direction between two hosts: delivers in order, as late as its conditions say. */
export class SimulatedLink {
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #count: Count
  #conditions: LinkConditions
  /** Undefined when it is whole. */
  #held: (() => void)[] | undefined
  /** When the last byte given to it is on the way. */
  #busyUntilMs = 0
  #lastArrivalMs = 0

  constructor(world: LinkWorld, conditions: LinkConditions) {
    this.#scheduler = world.scheduler
    this.#random = world.random
    this.#count = world.count ?? countNothing
    this.#conditions = conditions
  }

  change(conditions: Partial<LinkConditions>): void {
    this.#conditions = { ...this.#conditions, ...conditions }
  }

  cut(): void {
    this.#held ??= []
  }

  mend(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const deliver of held) this.carry(0, deliver)
  }

  /** Runs `deliver` when `bytes` bytes have arrived, never before what was carried earlier. */
  carry(bytes: number, deliver: () => void): void {
    const { latencyMs, jitterMs, bytesPerMs } = this.#conditions
    const nowMs = this.#scheduler.nowMs
    if (bytes > 0 && latencyMs >= slowMs) this.#count('network: deliveries over a slow link')
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs) + bytes / bytesPerMs
    const arrivalMs = this.#busyUntilMs + latencyMs + this.#random.fraction() * jitterMs
    // Events at one time come in any order: a little later keeps the order
    this.#lastArrivalMs = Math.max(arrivalMs, this.#lastArrivalMs + 0.000_001)
    this.#scheduler.after(this.#lastArrivalMs - nowMs, () => {
      if (this.#held === undefined) return deliver()
      this.#count('network: deliveries held by a cut')
      this.#held.push(deliver)
    })
  }

  /** The piece as it arrives: now and then with one bit flipped. */
  spoil(piece: Piece): Piece {
    if (piece.kind !== 'bytes' || !this.#random.chance(this.#conditions.flipChance)) return piece
    this.#count('network: bits flipped in flight')
    const bytes = piece.bytes.slice()
    const bit = this.#random.between(0, bytes.length * 8 - 1)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    return { kind: 'bytes', bytes }
  }
}
