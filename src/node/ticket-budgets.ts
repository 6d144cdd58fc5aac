import { toHex } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Ticket } from '../core/ticket.ts'

interface Budget {
  usedBytes: number
  readonly expiresMs: number
}

/** How much was written under each ticket, whatever the connection. Forgotten when the ticket has expired. */
export class TicketBudgets {
  readonly #budgets = new Map<string, Budget>()
  readonly #ticketsMax: number
  readonly #nowMs: () => number

  constructor(options: { readonly ticketsMax: number; readonly nowMs: () => number }) {
    this.#ticketsMax = options.ticketsMax
    this.#nowMs = options.nowMs
  }

  /** TICKET_REFUSED when less than `bytes` are left; BUSY when too many tickets are in use. */
  charge(ticket: Ticket, bytes: number): void {
    const serial = toHex(ticket.serial)
    const budget = this.#budgets.get(serial) ?? this.#open(serial, ticket)
    if (budget.usedBytes + bytes > ticket.bytesMax) {
      const message = `Cannot store ${bytes} bytes: ${budget.usedBytes} of the ${ticket.bytesMax} bytes of this ticket are used`
      throw new HoldfastError('TICKET_REFUSED', message)
    }
    budget.usedBytes += bytes
  }

  /** Of what was charged and not stored. */
  refund(ticket: Ticket, bytes: number): void {
    const budget = this.#budgets.get(toHex(ticket.serial))
    if (budget) budget.usedBytes = Math.max(0, budget.usedBytes - bytes)
  }

  #open(serial: string, ticket: Ticket): Budget {
    if (this.#budgets.size >= this.#ticketsMax) this.#forgetExpired()
    if (this.#budgets.size >= this.#ticketsMax) {
      throw new HoldfastError('BUSY', `More than ${this.#ticketsMax} tickets are in use`)
    }
    const budget = { usedBytes: 0, expiresMs: ticket.expiresMs }
    this.#budgets.set(serial, budget)
    return budget
  }

  #forgetExpired(): void {
    const nowMs = this.#nowMs()
    for (const [serial, { expiresMs }] of this.#budgets) {
      if (expiresMs + limits.ticketSkewMs < nowMs) this.#budgets.delete(serial)
    }
  }
}
