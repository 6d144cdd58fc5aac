import { openSqliteIndex } from '../../../client/adapters/sqlite-index.ts'
import { openSqlitePins } from '../../../client/adapters/sqlite-pins.ts'
import type { IndexStore, VaultIndex, VaultPins } from '../../../client/index/vault-index.ts'

/** Indexes in memory that outlive the processes of their machine: what was committed is there again. */
export class KeptIndexes implements IndexStore {
  readonly #indexes = new Map<string, VaultIndex>()
  readonly #pins = new Map<string, VaultPins>()
  readonly #close: (() => void)[] = []

  openIndex({ account, vault }: { readonly account: string; readonly vault: string }): VaultIndex {
    return this.#kept(this.#indexes, `${account}/${vault}`, () => openSqliteIndex(':memory:'))
  }

  openPins(account: string): VaultPins {
    return this.#kept(this.#pins, account, () => openSqlitePins(':memory:'))
  }

  removeIndexes(account: string): void {
    for (const key of this.#indexes.keys()) {
      if (key.startsWith(`${account}/`)) this.#indexes.delete(key)
    }
  }

  /** The machine lost its indexes, and only those: they can be fetched again. */
  forgetIndexes(): void {
    this.#indexes.clear()
  }

  /** At the end of the world. */
  close(): void {
    for (const close of this.#close.splice(0)) close()
  }

  #kept<Kept extends { close(): void }>(
    kept: Map<string, Kept>,
    key: string,
    open: () => Kept,
  ): Kept {
    const known = kept.get(key)
    if (known !== undefined) return known
    const opened = open()
    const close = opened.close.bind(opened)
    this.#close.push(close)
    opened.close = () => {}
    kept.set(key, opened)
    return opened
  }
}
