import { issueTicket, type TicketRights } from '../../core/ticket.ts'
import type { CoordinatorContext, MessageHandler } from '../context.ts'
import { idToBytes } from '../../core/id-to-bytes.ts'
import type { VaultRow } from '../../catalogue/rows/vaults.ts'
import { spaceOf } from './space.ts'
import { vaultFor } from './vault-access.ts'

export const giveTicket: MessageHandler<'ticket'> = async (context, { caller, request }) => {
  const { grid, keys, limits, primitives, random, time } = context
  const rights = request.rights as TicketRights
  const wish = { vault: request.vault, rights: rights >= 2 ? 'write' : 'read' } as const
  const vault = await vaultFor(context, caller, wish)
  const issuedMs = time.nowMs()
  const expiresMs = issuedMs + limits.ticketMs
  const ticket = {
    grid: idToBytes(grid.gridId),
    account: idToBytes(caller.session.account),
    vault: idToBytes(request.vault),
    rights,
    sessionKey: request.sessionKey,
    bytesMax: await bytesMax(context, vault),
    term: grid.term,
    issuedMs,
    expiresMs,
    serial: random.bytes(16),
  }
  return { ticket: issueTicket(primitives, ticket, keys.identitySeed), expiresMs }
}

/** What may be written to each node under one ticket: what the quota leaves, with room for parity and repeats. */
async function bytesMax(context: CoordinatorContext, vault: VaultRow): Promise<number> {
  const { ticketBytesMax, ticketSpareBytes } = context.limits
  const space = await spaceOf(context, vault)
  if (space === undefined) return ticketBytesMax
  const left = Math.max(0, space.quotaBytes - space.usedBytes)
  return Math.min(ticketBytesMax, 2 * left + ticketSpareBytes)
}
