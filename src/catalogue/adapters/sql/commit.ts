/** The commit: the one way anything becomes visible. Checked and done in one transaction. */
import { concatBytes, equalBytes } from '../../../base/bytes.ts'
import { HoldfastError } from '../../../base/errors.ts'
import { chunkIdBytes } from '../../../core/sized.ts'
import type { CommitAnswer, CommitRequest, Conflict } from '../../rows/commits.ts'
import { firstFeedHash } from '../../../core/feed-hash.ts'
import { idToBlob, splitBlobs } from '../../ids.ts'
import type { CatalogueParts } from '../../parts.ts'
import { checkOperations } from './commit-check.ts'
import { findStaged, missingOfStaged, type StagedVersion } from './commit-staged.ts'
import { applyOperations } from './commit-apply.ts'
import { loadTree } from './commit-load.ts'
import { writeCommit } from './commit-write.ts'
import { resolveChunks, thresholdOf, versionsByIds } from './pages.ts'
import { excessOf } from './quota.ts'
import { registerUnder } from './register.ts'
import { statement } from './statement.ts'
import { Refusal, type Transaction } from './transaction.ts'
import { upsertUpload } from './uploads.ts'
import { memberKey, vaultOf, type VaultKeyRow } from './vaults.ts'

const commitRow = statement((builder, args: { vault: number; n: number }) =>
  builder
    .selectFrom('commits')
    .select(['h', 'operations'])
    .where('vault', '=', args.vault)
    .where('n', '=', args.n),
)

const gridTerm = statement((builder) => builder.selectFrom('grid').select('term'))

/** Throws MALFORMED, VAULT_NOT_FOUND, FORBIDDEN for an account that is no member, OVER_LIMIT. */
export async function commit(
  transaction: Transaction,
  request: CommitRequest,
  parts: CatalogueParts,
): Promise<CommitAnswer> {
  checkOperations(request)
  const vault = await vaultOf(transaction, request.vault)
  const versions = await knownVersions(transaction, request, vault)
  const repeated = await repeatedAnswer(transaction, request, { vault, versions })
  if (repeated !== undefined) return repeated
  const account = await memberKey(transaction, vault.key, request.account)
  if (account === undefined) throw notAMember(request)
  if (!(await extendsFeed(transaction, request, { vault, parts }))) return { kind: 'forked' }
  await register(transaction, request, vault)
  const staged = await findStaged(transaction, request, versions)
  const chunks = await referencedChunks(transaction, request, { vault, staged })
  const tree = await loadTree(transaction, request.operations, vault)
  const conflicts = [...takenVersions(request, versions), ...applyOperations(tree, request)]
  if (conflicts.length > 0) refuse({ kind: 'conflict', conflicts: firstOfEach(conflicts) })
  await checkQuota(transaction, request, vault)
  return writeCommit(transaction, request, { vault, account, staged, chunks, tree, parts })
}

/** Takes back what was registered, and answers. */
function refuse(answer: CommitAnswer): never {
  // oxlint-disable-next-line typescript/only-throw-error -- no failure: unwinds the transaction
  throw new Refusal(answer)
}

function notAMember(request: CommitRequest): HoldfastError {
  return new HoldfastError(
    'FORBIDDEN',
    `Cannot commit: account ${request.account} is no member of vault ${request.vault}`,
  )
}

type KnownVersion =
  Awaited<ReturnType<typeof knownVersions>> extends Map<string, infer V> ? V : never

/** Rows that the operations' version ids have already: staged, or committed. */
async function knownVersions(transaction: Transaction, request: CommitRequest, vault: VaultKeyRow) {
  const ids = request.operations.map((operation) => idToBlob(operation.version))
  const rows = await transaction.list(versionsByIds, { vault: vault.key }, ids)
  return new Map(rows.map((row) => [row.id.toHex(), row]))
}

/** The first answer again, when all of exactly these operations were committed together before. */
async function repeatedAnswer(
  transaction: Transaction,
  request: CommitRequest,
  { vault, versions }: { vault: VaultKeyRow; versions: ReadonlyMap<string, KnownVersion> },
): Promise<CommitAnswer | undefined> {
  const n = versions.get(request.operations[0]!.version)?.n ?? null
  if (n === null) return undefined
  const row = await transaction.one(commitRow, { vault: vault.key, n })
  if (row?.operations !== request.operations.length) return undefined
  const same = request.operations.every((operation, at) => {
    const known = versions.get(operation.version)
    if (known === undefined || known.n !== n || known.position !== at) return false
    return known.bytes !== null && equalBytes(known.bytes, operation.bytes)
  })
  return same ? { kind: 'committed', n, h: row.h } : undefined
}

/** Version ids that another commit has taken. */
function takenVersions(
  request: CommitRequest,
  versions: ReadonlyMap<string, KnownVersion>,
): Conflict[] {
  return request.operations.flatMap((operation, at): Conflict[] =>
    (versions.get(operation.version)?.n ?? null) === null ? [] : [{ at, why: 'changed' }],
  )
}

/** One conflict for each operation, in their order. */
function firstOfEach(conflicts: readonly Conflict[]): Conflict[] {
  const byAt = new Map<number, Conflict>()
  for (const each of conflicts) if (!byAt.has(each.at)) byAt.set(each.at, each)
  return [...byAt.values()].toSorted((left, right) => left.at - right.at)
}

/** Whether the statement was made under this term, by someone who saw a part of this very history. */
async function extendsFeed(
  transaction: Transaction,
  { term, seen }: CommitRequest,
  { vault, parts }: { readonly vault: VaultKeyRow; readonly parts: CatalogueParts },
): Promise<boolean> {
  if ((await transaction.one(gridTerm, {}))?.term !== term) return false
  if (seen.n === vault.n) return equalBytes(seen.h, vault.h)
  if (seen.n > vault.n) return false
  if (seen.n === 0) return equalBytes(seen.h, firstFeedHash(parts.primitives, vault.id))
  const row = await transaction.one(commitRow, { vault: vault.key, n: seen.n })
  return row !== undefined && equalBytes(row.h, seen.h)
}

async function register(
  transaction: Transaction,
  request: CommitRequest,
  vault: VaultKeyRow,
): Promise<void> {
  const { upload: id, packs } = request
  if (id === undefined) return
  const upload = await upsertUpload(transaction, { ...request, upload: id }, vault)
  const dead = await registerUnder(transaction, packs, { vault, upload })
  if (dead.length > 0) refuse({ kind: 'dead', packs: dead })
}

/** Rows of all chunks that the inline pages name. */
async function referencedChunks(
  transaction: Transaction,
  request: CommitRequest,
  context: { readonly vault: VaultKeyRow; readonly staged: ReadonlyMap<string, StagedVersion> },
) {
  const { vault, staged } = context
  const threshold = thresholdOf(vault, request.threshold)
  const pages = request.operations.flatMap((operation) => operation.pages)
  const ids = pages.flatMap((page) => splitBlobs(page.ids, chunkIdBytes))
  const { chunks, missing } = await resolveChunks(transaction, ids, { vault: vault.key, threshold })
  const lost = await missingOfStaged(transaction, [...staged.values()], {
    vault: vault.key,
    threshold,
  })
  if (missing.length + lost.length > 0) {
    refuse({ kind: 'missing', chunks: concatBytes([missing, lost]) })
  }
  return chunks
}

/** An account over its quota may still remove, and make what needs no bytes. */
async function checkQuota(
  transaction: Transaction,
  request: CommitRequest,
  vault: VaultKeyRow,
): Promise<void> {
  if (request.operations.every((operation) => operation.chunkCount === 0)) return
  const excess = await excessOf(transaction, vault.owner)
  if (excess !== undefined) refuse({ kind: 'over-quota', ...excess })
}
