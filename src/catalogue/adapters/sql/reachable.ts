import { statement } from './statement.ts'
import type { Transaction } from './transaction.ts'

const folderByKey = statement((builder, args: { key: number }) =>
  builder.selectFrom('entries').select(['parent', 'deleted_ms']).where('key', '=', args.key),
)

/**
 * Whether the folder with this key, and all above it, are live. Keeps what it finds in `known`. Null is what
 * lies above the root.
 */
export async function isReachable(
  transaction: Transaction,
  folder: number | null,
  known: Map<number, boolean>,
): Promise<boolean> {
  const walked: number[] = []
  let at = folder
  let live = true
  while (at !== null && live) {
    const before = known.get(at)
    if (before !== undefined) {
      live = before
      break
    }
    walked.push(at)
    const row = await transaction.one(folderByKey, { key: at })
    live = row !== undefined && row.deleted_ms === null
    at = row?.parent ?? null
  }
  for (const key of walked) known.set(key, live)
  return live
}
