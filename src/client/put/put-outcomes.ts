import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { ErrorJson } from '../../base/errors.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { Path } from '../tree/path.ts'
import type { PutOutcome } from './put-item.ts'

/** Tells what became of each item, once; and why the put ended, if it did before it was done. */
export class PutOutcomes {
  readonly #tell: (outcome: PutOutcome) => void
  #endedBy: HoldfastError | undefined
  /** One for all that fail for one reason: there may be very many. */
  #errors = new WeakMap<HoldfastError, ErrorJson>()

  constructor(tell: (outcome: PutOutcome) => void) {
    this.#tell = tell
  }

  /** The failure after which nothing more was begun. */
  get endedBy(): HoldfastError | undefined {
    return this.#endedBy
  }

  /** The first one is why. */
  end(error: HoldfastError): void {
    this.#endedBy ??= error
  }

  stored(entry: IndexEntry, { to, newBytes }: { to: Path; newBytes: number }): void {
    this.#there('stored', entry, { to, newBytes })
  }

  unchanged(to: Path, entry: IndexEntry): void {
    this.#there('unchanged', entry, { to, newBytes: 0 })
  }

  refused(to: Path, state: 'skipped' | 'failed', error: ErrorJson): void {
    this.#tell({ state, to, error })
  }

  changed(to: Path): void {
    const error = new HoldfastError('CHANGED', 'It changed while it was read', {
      hint: 'Run the command again when nothing writes to it; what tells a wrong size, as files in /proc do, can be put from standard input',
    })
    this.#tell({ state: 'changed', to, error: errorToJson(error) })
  }

  /** What was given up because another failed has failed for the same reason. */
  failed(to: Path, error: HoldfastError): void {
    const isConsequence = error.code === 'INTERRUPTED' && this.#endedBy !== undefined
    this.#tell({ state: 'failed', to, error: this.#json(isConsequence ? this.#endedBy! : error) })
  }

  #there(
    state: 'stored' | 'unchanged',
    { kind, bytes, version, sha256, md5 }: IndexEntry,
    { to, newBytes }: { readonly to: Path; readonly newBytes: number },
  ): void {
    this.#tell({ state, to, type: kind, bytes, version, sha256, md5, newBytes })
  }

  #json(error: HoldfastError): ErrorJson {
    const known = this.#errors.get(error)
    if (known) return known
    const json = errorToJson(error)
    this.#errors.set(error, json)
    return json
  }
}
