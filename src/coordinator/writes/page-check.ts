import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { NewPage } from '../../catalogue/rows/commits.ts'

/** The form of pages by themselves: whole chunk ids, at least one, and full but for a list's last. MALFORMED. */
export function checkPages(pages: readonly NewPage[]): void {
  for (const { ids, number } of pages) {
    const chunks = ids.length / 32
    if (Number.isInteger(chunks) && chunks > 0 && chunks <= limits.pageChunksMax) continue
    throw new HoldfastError(
      'MALFORMED',
      `Cannot take page ${number}: it has ${ids.length} bytes of ids`,
    )
  }
}
