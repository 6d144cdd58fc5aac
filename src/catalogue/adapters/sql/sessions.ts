import { HoldfastError } from '../../../base/errors.ts'
import type { Id } from '../../ids.ts'
import type { NewSession, SessionRow } from '../../rows/accounts.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import { listStatement, statement } from './statement.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'
import { loginDone } from './tries.ts'

/** A session's expiry moves at most this often. */
const moveEveryMs = 60 * 60 * 1000
/** Expired sessions that each new one takes along. */
const expiredPerLogin = 16

const accountKey = statement((builder, args: { id: Uint8Array }) =>
  builder.selectFrom('accounts').select('key').where('id', '=', args.id),
)

const insertSession = statement((builder, args: Tables['sessions']) =>
  builder
    .insertInto('sessions')
    .values({
      id: args.id,
      account: args.account,
      mac_key: args.mac_key,
      life_ms: args.life_ms,
      expires_ms: args.expires_ms,
    })
    .onConflict((conflict) => conflict.column('id').doNothing()),
)

const findSession = statement((builder, args: { id: Uint8Array }) =>
  builder
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.key', 'sessions.account')
    .select([
      'accounts.id as account',
      'accounts.name',
      'sessions.mac_key',
      'sessions.life_ms',
      'sessions.expires_ms',
    ])
    .where('sessions.id', '=', args.id),
)

const moveExpiry = statement((builder, args: { id: Uint8Array; nowMs: number }) =>
  builder
    .updateTable('sessions')
    .set((each) => ({ expires_ms: each('life_ms', '+', args.nowMs) }))
    .where('id', '=', args.id)
    .where('expires_ms', '>', args.nowMs),
)

const deleteSessions = listStatement((builder, _args: object, ids: Uint8Array[]) =>
  builder.deleteFrom('sessions').where('id', 'in', ids),
)

const expiredSessions = statement((builder, args: { nowMs: number; most: number }) =>
  builder
    .selectFrom('sessions')
    .select('id')
    .where('expires_ms', '<=', args.nowMs)
    .orderBy('expires_ms')
    .limit(args.most),
)

/** Throws NOT_FOUND when there is no such account. */
export async function createSession(transaction: Transaction, request: NewSession): Promise<void> {
  const { nowMs } = transaction
  const expired = await transaction.all(expiredSessions, { nowMs, most: expiredPerLogin })
  await transaction.list(
    deleteSessions,
    {},
    expired.map((each) => each.id),
  )
  await loginDone(transaction, request.tried)
  const account = await transaction.one(accountKey, { id: idToBlob(request.account) })
  if (account === undefined) {
    throw new HoldfastError('NOT_FOUND', `Cannot begin a session: no account ${request.account}`)
  }
  await transaction.all(insertSession, {
    id: idToBlob(request.session),
    account: account.key,
    mac_key: request.macKey,
    life_ms: request.lifeMs,
    expires_ms: nowMs + request.lifeMs,
  })
}

/** `stale`: its expiry should move. */
export async function readSession(
  transaction: Transaction,
  session: Id,
): Promise<{ readonly row: SessionRow; readonly stale: boolean } | undefined> {
  const found = await transaction.one(findSession, { id: idToBlob(session) })
  if (found === undefined || found.expires_ms <= transaction.nowMs) return undefined
  const row: SessionRow = {
    session,
    account: blobToId(found.account),
    accountName: found.name,
    macKey: found.mac_key,
    expiresMs: found.expires_ms,
  }
  const movedMs = found.expires_ms - found.life_ms
  return { row, stale: transaction.nowMs - movedMs >= moveEveryMs }
}

/** Moves the expiry and gives the session as it is then. */
export async function useSession(
  transaction: Transaction,
  session: Id,
): Promise<SessionRow | undefined> {
  await transaction.all(moveExpiry, { id: idToBlob(session), nowMs: transaction.nowMs })
  return (await readSession(transaction, session))?.row
}

export async function removeSession(transaction: Transaction, session: Id): Promise<void> {
  await transaction.list(deleteSessions, {}, [idToBlob(session)])
}
