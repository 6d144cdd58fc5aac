import type { ShardStore } from '../blocks/shard-store.ts'
import { HoldfastError } from '../base/errors.ts'

/** Keeps a higher term durably before it resolves. TERM_OLD for a lower one. */
export async function learnTerm(
  { store }: { readonly store: ShardStore },
  term: number,
): Promise<void> {
  if (term < store.term) {
    const message = `A coordinator of term ${term} asked, this node is at ${store.term}`
    throw new HoldfastError('TERM_OLD', message)
  }
  if (term > store.term) await store.raiseTerm(term)
}
