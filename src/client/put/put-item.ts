/** What a put is made of, one thing at a time, and what became of each. */
import type { ErrorJson } from '../../base/errors.ts'
import type { LocalHandle, LocalStat } from '../engine/local-files.ts'
import type { Path } from '../tree/path.ts'

export type PutItem =
  | {
      readonly kind: 'file' | 'link'
      readonly path: Uint8Array
      readonly to: Path
      readonly stat: LocalStat
    }
  | { readonly kind: 'folder'; readonly to: Path; readonly stat: LocalStat }
  /** Standard input, or anything else that is open and cannot be read twice. */
  | { readonly kind: 'input'; readonly handle: LocalHandle; readonly to: Path }
  /** Not a file, or not to be read. */
  | {
      readonly kind: 'refused'
      readonly to: Path
      readonly state: 'skipped' | 'failed'
      readonly error: ErrorJson
    }

export type PutOutcome =
  | {
      readonly state: 'stored' | 'unchanged'
      readonly to: Path
      readonly type: 'file' | 'folder' | 'link'
      readonly bytes: number
      readonly version: string
      readonly sha256: Uint8Array
      /** When the version has one. */
      readonly md5: Uint8Array | undefined
      readonly newBytes: number
    }
  | {
      readonly state: 'changed' | 'failed' | 'skipped'
      readonly to: Path
      readonly error: ErrorJson
    }
