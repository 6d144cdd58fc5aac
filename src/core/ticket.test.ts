import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ramp, sampleIds, sampleSeeds } from '../testing/format-samples.ts'
import { assertOnlyThese } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { gridKeys } from './grid-keys.ts'
import {
  checkTicketUse,
  decodeTicket,
  issueTicket,
  ticketBytes,
  verifyTicket,
  type Ticket,
  type TicketExpectation,
} from './ticket.ts'

const primitives = createNativePrimitives()
const { identitySeed, identityKey } = gridKeys(primitives, sampleSeeds.grid)
const nowMs = 1_790_000_000_000
const skewMs = 30_000
const ticket: Ticket = {
  grid: sampleIds.grid,
  account: sampleIds.account,
  vault: sampleIds.vault,
  rights: 1,
  sessionKey: primitives.signingPublicKey(sampleSeeds.session),
  bytesMax: 2 ** 50,
  term: 3,
  issuedMs: nowMs,
  expiresMs: nowMs + 600_000,
  serial: ramp(1, 16),
}
const expected: TicketExpectation = {
  coordinatorKey: identityKey,
  grid: ticket.grid,
  sessionKey: ticket.sessionKey,
  term: 3,
  nowMs,
  skewMs,
}

function issue(change: Partial<Ticket> = {}): Uint8Array {
  return issueTicket(primitives, { ...ticket, ...change }, identitySeed)
}

test('a ticket comes back, and nothing but its bytes does', () => {
  const bytes = issue()
  assert.equal(bytes.length, ticketBytes)
  assert.deepEqual({ ...decodeTicket(bytes) }, ticket)
  assertOnlyThese(bytes, (changed) => verifyTicket(primitives, changed, expected), {
    codes: ['TICKET_REFUSED', 'MALFORMED'],
  })
})

test('a ticket of another coordinator, grid, session or older term is refused', () => {
  const refused: [why: RegExp, change: Partial<TicketExpectation>][] = [
    [/not signed by the coordinator/, { coordinatorKey: ramp(1, 32) }],
    [/grid 0001/, { grid: ramp(9, 16) }],
    [/another session/, { sessionKey: ramp(1, 32) }],
    [/term 3, this node is at 4/, { term: 4 }],
  ]
  for (const [message, change] of refused) {
    const refusal = { code: 'TICKET_REFUSED', message }
    assert.throws(() => verifyTicket(primitives, issue(), { ...expected, ...change }), refusal)
  }
  assert.equal(verifyTicket(primitives, issue({ term: 9 }), expected).term, 9)
})

function at(time: number): Ticket {
  return verifyTicket(primitives, issue(), { ...expected, nowMs: time })
}

test('a ticket is taken from its beginning to its end, give or take the skew', () => {
  at(nowMs - skewMs)
  at(ticket.expiresMs + skewMs - 1)
  const refusal = { code: 'TICKET_REFUSED' }
  assert.throws(() => at(nowMs - skewMs - 1), { ...refusal, message: /begins 30001 ms from now/ })
  assert.throws(() => at(ticket.expiresMs + skewMs), { ...refusal, message: /ended 30000 ms ago/ })
})

test('a ticket lets do what it says, in its vault, while it lasts', () => {
  const use = { vault: ticket.vault, nowMs, skewMs }
  for (const rights of [1, 2, 3] as const) {
    for (const wish of [1, 2, 3] as const) {
      const check = (): void => checkTicketUse({ ...ticket, rights }, { ...use, rights: wish })
      if ((rights & wish) === wish) check()
      else assert.throws(check, { code: 'TICKET_REFUSED', message: /does not let/ })
    }
  }
  const refusal = { code: 'TICKET_REFUSED' }
  const elsewhere = { ...use, rights: 1, vault: ramp(1, 16) } as const
  assert.throws(() => checkTicketUse(ticket, elsewhere), { ...refusal, message: /for vault/ })
  const late = { ...use, rights: 1, nowMs: ticket.expiresMs + skewMs } as const
  assert.throws(() => checkTicketUse(ticket, late), { ...refusal, message: /ended/ })
})

test('a ticket to delete cannot be', () => {
  for (const rights of [0, 4, 7, 255]) {
    assert.throws(() => issue({ rights: rights as 1 }), /rights/)
    const bytes = issue()
    bytes['holdfast/1 ticket'.length + 48] = rights
    assert.throws(() => decodeTicket(bytes), { code: 'MALFORMED', message: /rights/ })
  }
})
