import { toHex } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { checkTicketUse, ticketRights, verifyTicket } from '../core/ticket.ts'
import type { Ticket, TicketRights } from '../core/ticket.ts'
import type { NodeContext } from './node-context.ts'

/** The tickets presented on one connection: what its client may do to which vaults. */
export class TicketDesk {
  readonly #context: NodeContext
  readonly #sessionKey: Uint8Array
  /** By vault. */
  readonly #tickets = new Map<string, Ticket>()

  constructor(context: NodeContext, sessionKey: Uint8Array) {
    this.#context = context
    this.#sessionKey = sessionKey
  }

  /** Takes the place of an earlier ticket of the same vault, or of the oldest. TICKET_REFUSED, MALFORMED. */
  present(bytes: Uint8Array): Ticket {
    const { primitives, coordinatorKey, gridId, store, time } = this.#context
    const ticket = verifyTicket(primitives, bytes, {
      coordinatorKey,
      grid: gridId,
      sessionKey: this.#sessionKey,
      term: store.term,
      nowMs: time.nowMs(),
      skewMs: limits.ticketSkewMs,
    })
    const vault = toHex(ticket.vault)
    this.#tickets.delete(vault)
    if (this.#tickets.size >= limits.ticketsPerConnectionMax) this.#forgetOldest()
    this.#tickets.set(vault, ticket)
    return ticket
  }

  /** The ticket that lets do this. TICKET_REFUSED. */
  check(vault: Uint8Array, rights: TicketRights): Ticket {
    const ticket = this.#find(vault)
    const { time, store } = this.#context
    if (ticket.term < store.term) {
      const message = `The ticket is of term ${ticket.term}, this node is at ${store.term}`
      throw new HoldfastError('TICKET_REFUSED', message)
    }
    checkTicketUse(ticket, { vault, rights, nowMs: time.nowMs(), skewMs: limits.ticketSkewMs })
    return ticket
  }

  /** TICKET_REFUSED unless there is a ticket for this vault that lets do anything. */
  checkAny(vault: Uint8Array): void {
    const reads = (this.#find(vault).rights & ticketRights.read) !== 0
    this.check(vault, reads ? ticketRights.read : ticketRights.write)
  }

  #forgetOldest(): void {
    const [oldest] = this.#tickets.keys()
    if (oldest !== undefined) this.#tickets.delete(oldest)
  }

  #find(vault: Uint8Array): Ticket {
    const ticket = this.#tickets.get(toHex(vault))
    if (ticket !== undefined) return ticket
    const message = `No ticket for vault ${toHex(vault)} was presented on this connection`
    throw new HoldfastError('TICKET_REFUSED', message)
  }
}
