import type { Id } from '../catalogue/ids.ts'

/**
 * What `status` should show beside the nodes. `clock-jumped`: nothing is collected for a while.
 * `strangers-kept`: so many shards of this node are unknown that they are kept until the operator allows it.
 */
export type Notice =
  | { readonly kind: 'clock-jumped' }
  | { readonly kind: 'strangers-kept'; readonly node: Id; readonly shards: number }

/** At most one of a kind for each node. */
export class Notices {
  readonly #present = new Map<string, Notice>()

  all(): Notice[] {
    return [...this.#present.values()]
  }

  set(notice: Notice): void {
    this.#present.set(keyOf(notice), notice)
  }

  clear(notice: Pick<Notice, 'kind'> & { readonly node?: Id }): void {
    this.#present.delete(keyOf(notice))
  }
}

function keyOf({ kind, node }: { readonly kind: Notice['kind']; readonly node?: Id }): string {
  return `${kind} ${node ?? ''}`
}
