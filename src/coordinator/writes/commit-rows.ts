/** Operations of a commit as the catalogue takes them, checked against what their writer signed. */
import { equalBytes, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { NewPage, OperationRow } from '../../catalogue/rows/commits.ts'
import type { Operation } from '../../core/operation.ts'
import { listRoot, pageHash } from '../../core/page.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { CoordinatorContext } from '../context.ts'
import { createPace } from '../pace.ts'
import { checkPages } from './page-check.ts'

type SentOperation = ControlRequest<'commit'>['operations'][number]

export async function operationRows(
  context: CoordinatorContext,
  sent: readonly SentOperation[],
  operations: readonly Operation[],
): Promise<OperationRow[]> {
  const pace = createPace(context.clock)
  const rows: OperationRow[] = []
  for (const [at, operation] of operations.entries()) {
    const { bytes, pages } = sent[at]!
    checkList(context, operation, pages)
    rows.push(rowOf(operation, { bytes, pages }))
    await pace()
  }
  return rows
}

/** Pages that come along must be the whole list, and the one whose root was signed. */
function checkList(
  { primitives }: CoordinatorContext,
  operation: Operation,
  pages: readonly NewPage[],
): void {
  const staged = pages.length === 0 && operation.chunkCount > 0
  if (staged) return
  checkPages(pages)
  const chunks = pages.reduce((sum, { ids }) => sum + ids.length / 32, 0)
  const inOrder = pages.every(({ number }, at) => number === at)
  const root = listRoot(
    primitives,
    pages.map((page) => pageHash(primitives, page)),
  )
  if (inOrder && chunks === operation.chunkCount && equalBytes(root, operation.listRoot)) return
  const version = toHex(operation.version)
  throw new HoldfastError(
    'MALFORMED',
    `Cannot commit version ${version}: its pages are not its list`,
  )
}

function rowOf(
  operation: Operation,
  sent: { readonly bytes: Uint8Array; readonly pages: readonly NewPage[] },
): OperationRow {
  const { kind, tombstone, implicit, tag, chunkCount, previous } = operation
  return {
    ...sent,
    kind,
    tombstone,
    implicit,
    tag,
    chunkCount,
    entry: toHex(operation.entry),
    parent: toHex(operation.parent),
    version: toHex(operation.version),
    previous: previous && toHex(previous),
  }
}
