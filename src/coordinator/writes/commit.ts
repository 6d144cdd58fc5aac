/** The one way anything becomes visible: a statement, signed by its writer, over all its operations. */
import { unreachable } from '../../base/assert.ts'
import { toBase64, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { CommitAnswer, CommitRequest } from '../../catalogue/rows/commits.ts'
import type { VaultRow } from '../../catalogue/rows/vaults.ts'
import { commitSteps, verifyCommit } from '../../core/commit-check.ts'
import type { Operation } from '../../core/operation.ts'
import type { Statement } from '../../core/statement.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { Callers, CoordinatorContext, MessageHandler } from '../context.ts'
import { idToBytes } from '../../core/id-to-bytes.ts'
import { createPace } from '../pace.ts'
import { checkSent, overQuota, packsDead, uploadGone } from '../refusals.ts'
import { vaultFor } from '../vaults/vault-access.ts'
import { operationRows } from './commit-rows.ts'
import { checkPacks } from './pack-check.ts'
import { writeThreshold } from './threshold.ts'

export const commit: MessageHandler<'commit'> = async (context, { caller, request }) => {
  const vault = await vaultFor(context, caller, { vault: request.vault, rights: 'write' })
  const threshold = writeThreshold(vault.policy, request.threshold)
  checkSize(context, request)
  const { statement, operations } = await checkSigned(context, caller, request)
  checkLag(context, statement, vault)
  const packs = await checkPacks(context, request.packs, { vault, threshold })
  const answer = await commitOnce(context, {
    vault: request.vault,
    account: caller.session.account,
    upload: request.upload,
    packs,
    term: statement.term,
    seen: statement.seen,
    statement: request.statement,
    signature: request.signature,
    operations: await operationRows(context, request.operations, operations),
    threshold,
  })
  if (answer.kind === 'committed') return { n: answer.n, h: answer.h }
  throw refusal(answer, { vault, upload: request.upload })
}

/**
 * A commit that brings packs opens its upload along with it. One whose upload ended meanwhile is done under a
 * new lease: what it held and is gone is told as missing.
 */
async function commitOnce(
  { catalogue }: CoordinatorContext,
  request: CommitRequest,
): Promise<CommitAnswer> {
  const { account, packs, upload, vault } = request
  if (upload === undefined) return catalogue.commit(request)
  const open = (): Promise<unknown> => catalogue.openUpload({ upload, vault, account })
  // Asked for together, both become durable together.
  const opened = packs.length > 0 && open()
  const [answer] = await Promise.all([catalogue.commit(request), opened])
  if (answer.kind !== 'upload-gone') return answer
  await open()
  return catalogue.commit(request)
}

function checkSize({ limits }: CoordinatorContext, { operations }: ControlRequest<'commit'>): void {
  let bytes = 0
  for (const { pages } of operations) for (const { ids } of pages) bytes += ids.length
  const chunks = bytes / 32
  if (chunks <= limits.commitChunksMax) return
  const what = `Cannot commit ${chunks} chunks at once: at most ${limits.commitChunksMax}`
  throw new HoldfastError('OVER_LIMIT', what, { hint: 'The client stages the pages of long lists' })
}

/** Half of what clients bear: the other half is for commits that come between this check and its own. */
function checkLag({ limits }: CoordinatorContext, { seen }: Statement, vault: VaultRow): void {
  const lag = vault.n - seen.n
  if (lag <= limits.feedLagMax / 2) return
  const what = `Cannot commit to vault ${vault.vault}: ${lag} commits came since the writer looked`
  throw new HoldfastError('CHANGED', what, { details: { conflicts: [] } })
}

interface SignedCommit {
  readonly statement: Statement
  readonly operations: readonly Operation[]
}

async function checkSigned(
  { catalogue, clock, primitives }: CoordinatorContext,
  caller: Callers['session'],
  request: ControlRequest<'commit'>,
): Promise<SignedCommit> {
  const { account } = caller.session
  const writer = await catalogue.account(account)
  if (writer === undefined) throw new HoldfastError('NOT_LOGGED_IN', 'The account is gone')
  const { statement: bytes, signature } = request
  const pace = createPace(clock)
  const steps = commitSteps(primitives, idToBytes(request.vault), {
    n: 0,
    atMs: 0,
    statement: bytes,
    signature,
    operations: request.operations.map((operation) => operation.bytes),
  })
  let step = checkSent(() => steps.next())
  while (step.done !== true) {
    await pace()
    step = checkSent(() => steps.next())
  }
  const { statement, operations } = step.value
  if (toHex(statement.writer) !== account) {
    throw new HoldfastError('FORBIDDEN', 'Cannot commit in the name of another account')
  }
  const signed = { n: 0, signed: { statement: bytes, signature } }
  checkSent(() => verifyCommit(primitives, signed, writer.signingKey))
  return { statement, operations: operations.filter((operation) => operation !== undefined) }
}

type Refused = Exclude<CommitAnswer, { readonly kind: 'committed' }>

function refusal(
  answer: Refused,
  { vault, upload }: { readonly vault: VaultRow; readonly upload: string | undefined },
): HoldfastError {
  switch (answer.kind) {
    case 'conflict': {
      const { conflicts } = answer
      const what = `Cannot commit: ${conflicts.length} entries changed meanwhile`
      return new HoldfastError('CHANGED', what, { details: { conflicts } })
    }
    case 'missing':
      return new HoldfastError('CHUNKS_MISSING', 'Cannot commit: chunks it names are not there', {
        details: { chunks: toBase64(answer.chunks) },
      })
    case 'dead':
      return packsDead(answer.packs)
    case 'upload-gone':
      return uploadGone(upload ?? '')
    case 'forked': {
      const what = `Cannot commit to vault ${vault.vault}: the writer saw another history of it`
      return new HoldfastError('FEED_FORKED', what)
    }
    case 'over-quota':
      return overQuota(answer)
    default:
      return unreachable(answer)
  }
}
