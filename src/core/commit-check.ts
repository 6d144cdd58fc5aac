/** What can be checked of one commit by itself: form, vault, operations, signature. */
import { equalBytes, toHex } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { listsOperation, type ListedOperation } from './listed-operation.ts'
import { decodeOperation, operationHash, type Operation } from './operation.ts'
import type { Primitives } from './primitives.ts'
import { decodeStatement, type SignedStatement, type Statement } from './statement.ts'

/** A commit as the coordinator gives it. */
export interface FeedCommit extends SignedStatement {
  readonly n: number
  /** When the coordinator took it; not covered by any signature. */
  readonly atMs: number
  /** Canonical bytes in the statement's order; undefined where the operation was purged: the statement's list is what stays of it. */
  readonly operations: readonly (Uint8Array | undefined)[]
}

/** A commit whose operations are those its statement lists. */
export interface CheckedCommit {
  readonly n: number
  readonly h: Uint8Array
  readonly atMs: number
  readonly statement: Statement
  /** Statement and signature as they came, for `verifyCommit` later. */
  readonly signed: SignedStatement
  readonly operations: readonly (Operation | undefined)[]
}

/**
 * Decodes a commit and checks that it is of this vault and that its operations are those the statement
 * lists; not the signature. RECORD_FORGED, MALFORMED, VERSION_UNSUPPORTED.
 */
export function checkCommit(
  primitives: Primitives,
  vault: Uint8Array,
  commit: FeedCommit,
): Omit<CheckedCommit, 'h'> {
  const steps = commitSteps(primitives, vault, commit)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same, with a pause after each operation: for one who serves others in between. */
export function* commitSteps(
  primitives: Primitives,
  vault: Uint8Array,
  commit: FeedCommit,
): Generator<undefined, Omit<CheckedCommit, 'h'>, undefined> {
  const { n, atMs, signature } = commit
  const statement = decodeStatement(commit.statement)
  if (!equalBytes(statement.vault, vault)) {
    throw forgedCommit(n, `it is of vault ${toHex(statement.vault)}, not ${toHex(vault)}`)
  }
  const operations = yield* operationSteps(primitives, statement, commit)
  return { n, atMs, statement, signed: { statement: commit.statement, signature }, operations }
}

/** RECORD_FORGED unless `writerKey` (Ed25519) signed the statement. */
export function verifyCommit(
  primitives: Primitives,
  commit: { readonly n: number; readonly signed: SignedStatement },
  writerKey: Uint8Array,
): void {
  const { statement, signature } = commit.signed
  if (primitives.verify(writerKey, statement, signature)) return
  throw forgedCommit(commit.n, `its signature is not by the key ${toHex(writerKey)}`)
}

export function forgedCommit(n: number, why: string): HoldfastError {
  return new HoldfastError('RECORD_FORGED', `Cannot take commit ${n}: ${why}`, { details: { n } })
}

function* operationSteps(
  primitives: Primitives,
  statement: Statement,
  commit: FeedCommit,
): Generator<undefined, (Operation | undefined)[], undefined> {
  const { operations: listed } = statement
  const { n, operations } = commit
  if (operations.length !== listed.length) {
    const counts = `${operations.length} operations, its statement ${listed.length}`
    throw forgedCommit(n, `it has ${counts}`)
  }
  const checked: (Operation | undefined)[] = []
  for (const [at, bytes] of operations.entries()) {
    const operation = bytes && checkOperation(primitives, listed[at]!, bytes)
    if (bytes && !operation) {
      throw forgedCommit(n, `operation ${at} is not the one its statement lists`)
    }
    checked.push(operation)
    yield
  }
  return checked
}

/** Undefined unless it is the listed one. */
function checkOperation(
  primitives: Primitives,
  listed: ListedOperation,
  bytes: Uint8Array,
): Operation | undefined {
  if (!equalBytes(operationHash(primitives, bytes), listed.hash)) return undefined
  const operation = decodeOperation(bytes)
  return listsOperation(listed, operation) ? operation : undefined
}
