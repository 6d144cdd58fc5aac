import type { CatalogueParts } from '../../parts.ts'
import type { ChunkRow } from './chunks.ts'
import type { StagedVersion } from './commit-staged.ts'
import type { Tree } from './commit-tree.ts'
import type { VaultKeyRow } from './vaults.ts'

/** A commit that may be written, with all that was found out about it. */
export interface GoodCommit {
  readonly vault: VaultKeyRow
  /** Key of the committing account. */
  readonly account: number
  readonly staged: ReadonlyMap<string, StagedVersion>
  readonly chunks: ReadonlyMap<string, ChunkRow>
  readonly tree: Tree
  readonly parts: CatalogueParts
}
