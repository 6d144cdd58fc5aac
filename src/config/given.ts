/** Values that sources gave, before they become settings. */
import type { ListName } from './schema.ts'

export type Origin = 'flag' | 'env' | 'file' | 'home' | 'default'

export interface Given {
  readonly value: unknown
  readonly origin: Origin
  /** `grid.toml:4`, `HOLDFAST_GRID_NODES`, `--nodes`. */
  readonly where: string
}

/** Rows of the tables of which there may be any number, in the order of the file. */
export type ListRows = Readonly<Record<ListName, readonly ReadonlyMap<string, Given>[]>>

export interface NamedText {
  /** As the user named it. */
  readonly name: string
  readonly text: string
}
