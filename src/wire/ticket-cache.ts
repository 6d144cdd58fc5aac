import { toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

export interface PresentedTicket {
  readonly ticket: Uint8Array
  /** By this side's monotonic clock. */
  readonly expiresAtMs: number
}

export type TicketFor = (vault: Uint8Array) => Promise<PresentedTicket>

/** One ticket for each vault, asked for once however many need it, and renewed in time. */
export class TicketCache {
  readonly #clock: Clock
  readonly #ticketFor: TicketFor
  readonly #tickets = new Map<string, Promise<PresentedTicket>>()

  constructor(clock: Clock, ticketFor: TicketFor) {
    this.#clock = clock
    this.#ticketFor = ticketFor
  }

  /** A ticket other than `refused`. Throws what `ticketFor` throws. */
  async get(vault: Uint8Array, refused?: Uint8Array): Promise<Uint8Array> {
    const key = toHex(vault)
    for (;;) {
      const asking = this.#tickets.get(key)
      if (asking === undefined) return (await this.#ask(vault, key)).ticket
      const known = await asking
      if (known.ticket !== refused && !this.#endsSoon(known)) return known.ticket
      if (this.#tickets.get(key) === asking) this.#tickets.delete(key)
    }
  }

  #ask(vault: Uint8Array, key: string): Promise<PresentedTicket> {
    const asking = this.#ticketFor(vault)
    this.#tickets.set(key, asking)
    asking.catch(() => {
      if (this.#tickets.get(key) === asking) this.#tickets.delete(key)
    })
    return asking
  }

  #endsSoon({ expiresAtMs }: PresentedTicket): boolean {
    return expiresAtMs - this.#clock.monotonicMs() < limits.ticketRenewMs
  }
}
