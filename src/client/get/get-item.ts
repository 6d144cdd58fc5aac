import type { ErrorJson } from '../../base/errors.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { Path } from '../tree/path.ts'

/** An entry of a vault and the local path it goes to. */
export interface GetItem {
  /** In the vault. */
  readonly path: Path
  /** Undefined for the root folder. */
  readonly entry: IndexEntry | undefined
  readonly to: Uint8Array
}

export type GetOutcome =
  | { readonly state: 'written'; readonly item: GetItem }
  | { readonly state: 'failed'; readonly item: GetItem; readonly error: ErrorJson }
