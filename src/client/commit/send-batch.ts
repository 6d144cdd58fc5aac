/** Signs a batch and sends it. */
import { fromHex } from '../../base/bytes.ts'
import { signStatement } from '../../core/statement.ts'
import type { VaultFeed } from '../index/vault-feed.ts'
import type { OwnCommit } from '../index/apply-own-commit.ts'
import type { Session } from '../session.ts'
import type { Batch } from './batch.ts'

/** What was committed, entries in the order of the batch's operations. Throws what the coordinator refused with. */
export async function sendBatch(
  session: Session,
  feed: VaultFeed,
  batch: Batch,
): Promise<OwnCommit> {
  const { vault } = feed.vault
  const { account, signingSeed } = session.stored
  const seen = feed.point()
  const statement = {
    vault: fromHex(vault)!,
    writer: fromHex(account)!,
    term: seen.term,
    seen: { n: seen.n, h: seen.h },
    operations: batch.operations.map(({ sealed }) => sealed.listed),
  }
  const signed = signStatement(session.world.primitives, statement, signingSeed)
  const { n, h } = await session.control.call('commit', {
    vault,
    upload: batch.terms.upload,
    threshold: batch.terms.threshold,
    packs: batch.terms.packs,
    ...signed,
    operations: batch.operations.map(({ sealed, pages }) => ({
      bytes: sealed.bytes,
      pages: [...pages],
    })),
  })
  const entries = batch.operations.map(({ sealed }) => ({ ...sealed.head, n }))
  return { writer: account, signed, entries, at: { term: seen.term, n, h } }
}
