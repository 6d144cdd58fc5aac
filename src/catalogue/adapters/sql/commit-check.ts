/** What a commit must be before any row is looked at. */
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import type { CommitRequest, OperationRow } from '../../rows/commits.ts'
import { checkPages } from './pages.ts'

/** Throws MALFORMED or OVER_LIMIT. */
export function checkOperations(request: CommitRequest): void {
  const { operations, vault } = request
  if (operations.length === 0) throw malformed('it has no operation')
  if (operations.length > limits.commitOperationsMax) {
    throw new HoldfastError(
      'OVER_LIMIT',
      `Cannot commit ${operations.length} operations at once: at most ${limits.commitOperationsMax}`,
    )
  }
  if (new Set(operations.map((each) => each.version)).size < operations.length) {
    throw malformed('two operations have the same version')
  }
  if (request.packs.length > 0 && request.upload === undefined) {
    throw malformed('it has packs and no upload')
  }
  for (const operation of operations) {
    if (operation.entry === vault) throw malformed('it changes the root')
    checkOperation(operation)
  }
}

function checkOperation(operation: OperationRow): void {
  const { chunkCount, pages, tombstone, previous } = operation
  if (tombstone && previous === undefined) throw malformed('a tombstone of nothing')
  if (tombstone || operation.kind === 'folder') {
    if (chunkCount > 0 || pages.length > 0) throw malformed('a tombstone or folder with chunks')
  }
  if (pages.length > 0 || chunkCount === 0) checkPages(pages, chunkCount)
}

function malformed(why: string): HoldfastError {
  return new HoldfastError('MALFORMED', `Cannot commit: ${why}`)
}
