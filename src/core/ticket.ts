/** What lets a client read and write the shards of one vault, checked offline (docs/format.md, section 7). */
import { assert } from '../base/assert.ts'
import { equalBytes, toHex } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { domain } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { idBytes, keyBytes, signatureBytes, sized } from './sized.ts'

const start = domain('ticket')

/** Every ticket has this length. */
export const ticketBytes: number =
  start.length + 3 * idBytes + 1 + keyBytes + 8 + 4 + 2 * 8 + idBytes + signatureBytes

export interface Ticket {
  readonly grid: Uint8Array
  readonly account: Uint8Array
  readonly vault: Uint8Array
  readonly rights: TicketRights
  /** Ed25519: the client proves it when it connects. */
  readonly sessionKey: Uint8Array
  /** Most bytes it lets write. */
  readonly bytesMax: number
  readonly term: number
  readonly issuedMs: number
  readonly expiresMs: number
  /** 16 bytes, another for each ticket: by it a node counts the bytes. */
  readonly serial: Uint8Array
}

/** 1 read, 2 write, 3 both. */
export type TicketRights = 1 | 2 | 3

export const ticketRights: { readonly read: 1; readonly write: 2 } = Object.freeze({
  read: 1,
  write: 2,
})

/** `identitySeed`: the coordinator's. */
export function issueTicket(
  primitives: Primitives,
  ticket: Ticket,
  identitySeed: Uint8Array,
): Uint8Array {
  assert(isRights(ticket.rights), `a ticket with rights ${ticket.rights}`)
  const writer = new ByteWriter(ticketBytes)
    .fixed(start)
    .fixed(sized(ticket.grid, idBytes, 'a grid id'))
    .fixed(sized(ticket.account, idBytes, 'an account id'))
    .fixed(sized(ticket.vault, idBytes, 'a vault id'))
    .u8(ticket.rights)
    .fixed(sized(ticket.sessionKey, keyBytes, 'a session key'))
    .u64(ticket.bytesMax)
    .u32(ticket.term)
    .u64(ticket.issuedMs)
    .u64(ticket.expiresMs)
    .fixed(sized(ticket.serial, idBytes, 'a serial'))
  return writer.fixed(primitives.sign(identitySeed, writer.finish())).finish()
}

/** Form only. Views into `bytes`. MALFORMED. */
export function decodeTicket(bytes: Uint8Array): Ticket {
  const reader = new ByteReader(bytes, 'ticket')
  if (!equalBytes(reader.fixed(start.length), start)) throw reader.malformed('it is something else')
  const ticket = Object.freeze({
    grid: reader.fixed(idBytes),
    account: reader.fixed(idBytes),
    vault: reader.fixed(idBytes),
    rights: readRights(reader),
    sessionKey: reader.fixed(keyBytes),
    bytesMax: reader.u64(),
    term: reader.u32(),
    issuedMs: reader.u64(),
    expiresMs: reader.u64(),
    serial: reader.fixed(idBytes),
  })
  reader.fixed(signatureBytes)
  reader.end()
  return ticket
}

export interface TicketExpectation {
  readonly coordinatorKey: Uint8Array
  readonly grid: Uint8Array
  /** The client's key on this connection. */
  readonly sessionKey: Uint8Array
  /** The highest term this node keeps: an older ticket is refused. */
  readonly term: number
  /** The coordinator's time, as this node knows it. */
  readonly nowMs: number
  /** How far that may be off. */
  readonly skewMs: number
}

/** The ticket, when it is the coordinator's, for this client and grid, of this term and time. TICKET_REFUSED, MALFORMED. */
export function verifyTicket(
  primitives: Primitives,
  bytes: Uint8Array,
  expected: TicketExpectation,
): Ticket {
  const ticket = decodeTicket(bytes)
  const signed = bytes.subarray(0, ticketBytes - signatureBytes)
  const signature = bytes.subarray(ticketBytes - signatureBytes)
  if (!primitives.verify(expected.coordinatorKey, signed, signature)) {
    throw refused('it was not signed by the coordinator of this node')
  }
  const why = identityComplaint(ticket, expected) ?? timeComplaint(ticket, expected)
  if (why !== undefined) throw refused(why)
  return ticket
}

/** TICKET_REFUSED unless the ticket lets do this to shards of this vault now. */
export function checkTicketUse(
  ticket: Ticket,
  use: {
    readonly vault: Uint8Array
    readonly rights: TicketRights
    readonly nowMs: number
    readonly skewMs: number
  },
): void {
  if (!equalBytes(ticket.vault, use.vault)) {
    throw refused(`it is for vault ${toHex(ticket.vault)}, not ${toHex(use.vault)}`)
  }
  if ((ticket.rights & use.rights) !== use.rights) {
    throw refused(
      use.rights === ticketRights.read ? 'it does not let read' : 'it does not let write',
    )
  }
  const why = timeComplaint(ticket, use)
  if (why !== undefined) throw refused(why)
}

function identityComplaint(ticket: Ticket, expected: TicketExpectation): string | undefined {
  if (!equalBytes(ticket.grid, expected.grid)) return `it is of grid ${toHex(ticket.grid)}`
  if (!equalBytes(ticket.sessionKey, expected.sessionKey)) return 'it is of another session'
  if (ticket.term >= expected.term) return undefined
  return `it is of term ${ticket.term}, this node is at ${expected.term}`
}

function timeComplaint(
  ticket: Ticket,
  { nowMs, skewMs }: { readonly nowMs: number; readonly skewMs: number },
): string | undefined {
  if (ticket.issuedMs > nowMs + skewMs) return `it begins ${ticket.issuedMs - nowMs} ms from now`
  if (ticket.expiresMs > nowMs - skewMs) return undefined
  return `it ended ${nowMs - ticket.expiresMs} ms ago`
}

function readRights(reader: ByteReader): TicketRights {
  const rights = reader.u8()
  if (!isRights(rights)) throw reader.malformed(`rights ${rights} are none`)
  return rights
}

function isRights(rights: number): rights is TicketRights {
  return rights === 1 || rights === 2 || rights === 3
}

function refused(why: string): HoldfastError {
  return new HoldfastError('TICKET_REFUSED', `Cannot take this ticket: ${why}`)
}
