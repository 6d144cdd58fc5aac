import { issueTicket, type TicketRights } from '../../core/ticket.ts'
import type { MessageHandler } from '../context.ts'
import { idBytes } from '../id-bytes.ts'
import { vaultFor } from './vault-access.ts'

export const giveTicket: MessageHandler<'ticket'> = async (context, { caller, request }) => {
  const { clock, grid, keys, limits, primitives, random } = context
  const rights = request.rights as TicketRights
  await vaultFor(context, caller, { vault: request.vault, rights: rights >= 2 ? 'write' : 'read' })
  const issuedMs = clock.nowMs()
  const expiresMs = issuedMs + limits.ticketMs
  const ticket = {
    grid: idBytes(grid.gridId),
    account: idBytes(caller.session.account),
    vault: idBytes(request.vault),
    rights,
    sessionKey: request.sessionKey,
    bytesMax: limits.ticketBytesMax,
    term: grid.term,
    issuedMs,
    expiresMs,
    serial: random.bytes(16),
  }
  return { ticket: issueTicket(primitives, ticket, keys.identitySeed), expiresMs }
}
