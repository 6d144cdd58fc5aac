/** The local folders of one get, entered in the order of a walk, each left when the walk has passed it. */
import { equalBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { LocalFiles } from '../engine/local-files.ts'
import { openTarget, TargetFolder } from './target-folder.ts'
import type { FolderStat } from './target-folder.ts'

export interface TargetTreeOptions {
  readonly files: LocalFiles
  readonly sync: boolean
  /** Temporary files that were last touched before are removed from folders that are entered; ms since 1970. */
  readonly staleBeforeMs: number
}

interface Level {
  readonly path: Uint8Array
  /** Or what kept it from being entered: that holds for all below. */
  readonly folder: TargetFolder | HoldfastError
}

const slash = 0x2f

export class TargetTree {
  readonly #options: TargetTreeOptions
  /** From the outermost to the one the walk is in. */
  readonly #levels: Level[] = []

  constructor(options: TargetTreeOptions) {
    this.#options = options
  }

  /** The folder that `to` lies in, with one use more. Throws what kept it from being entered. */
  folderOf(to: Uint8Array): TargetFolder {
    const path = parentOf(to)
    this.#leaveUntil(path)
    if (this.#levels.length === 0) this.#enterTop(path)
    const { folder } = this.#levels.at(-1)!
    if (folder instanceof HoldfastError) throw folder
    return folder.use()
  }

  /** Makes a folder below the first, or merges with the one there; its `stat` is set when it is left. */
  enter(to: Uint8Array, stat: FolderStat): void {
    const { files, sync } = this.#options
    const parent = this.folderOf(to)
    try {
      const { folder, made } = openTarget(files, { parent, name: nameOf(to) }, { stat, sync })
      this.#levels.push({ path: to, folder })
      if (!made) this.#tidy(folder)
    } catch (error) {
      if (error instanceof HoldfastError) this.#levels.push({ path: to, folder: error })
      throw error
    } finally {
      parent.release()
    }
  }

  /** Enters DEST itself, which may be reached through a link. */
  enterTop(to: Uint8Array): void {
    this.leave()
    if (this.#options.files.statPath(to) === undefined) this.#options.files.makeFolder(to)
    this.#enterTop(to)
  }

  /** Leaves all. */
  leave(): void {
    while (this.#levels.length > 0) this.#leaveLast()
  }

  #enterTop(path: Uint8Array): void {
    const { files, sync } = this.#options
    const handle = files.openFolder(path, { follow: true })
    const folder = new TargetFolder({ files, handle, parent: undefined, stat: undefined, sync })
    this.#levels.push({ path, folder })
    this.#tidy(folder)
  }

  #leaveUntil(path: Uint8Array): void {
    while (this.#levels.length > 0 && !holds(this.#levels.at(-1)!.path, path)) this.#leaveLast()
  }

  #leaveLast(): void {
    const { folder } = this.#levels.pop()!
    if (folder instanceof TargetFolder) folder.release()
  }

  #tidy(folder: TargetFolder): void {
    try {
      folder.removeStale(this.#options.staleBeforeMs)
    } catch (error) {
      // Tidying is a courtesy: what matters in this folder is told when it is written into.
      if (!(error instanceof HoldfastError)) throw error
    }
  }
}

/** Whether `path` is the folder or lies in it. */
function holds(folder: Uint8Array, path: Uint8Array): boolean {
  if (path.length < folder.length) return false
  if (!equalBytes(path.subarray(0, folder.length), folder)) return false
  return path.length === folder.length || folder.at(-1) === slash || path[folder.length] === slash
}

/** `.` of a name alone. */
function parentOf(path: Uint8Array): Uint8Array {
  const end = path.lastIndexOf(slash)
  if (end < 0) return Uint8Array.of(0x2e)
  return path.subarray(0, Math.max(1, end))
}

export function nameOf(path: Uint8Array): Uint8Array {
  return path.subarray(path.lastIndexOf(slash) + 1)
}
