/**
 * One commit in the making. Pending operations are laid on the index as it is now, together with what the
 * batch itself makes before them; what would touch one entry twice waits for the next batch.
 */
import { toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { checkName } from '../../core/name.ts'
import { listRoot } from '../../core/page.ts'
import type { VaultFeed } from '../index/vault-feed.ts'
import type { IndexEntry, VaultIndex } from '../index/vault-index.ts'
import type { Session } from '../session.ts'
import { hasChild } from '../tree/list-folder.ts'
import { pathText, type Path } from '../tree/path.ts'
import { resolvePath } from '../tree/resolve-path.ts'
import { BatchTerms } from './batch-terms.ts'
import {
  fileChange,
  folderChange,
  tombstoneChange,
  type ChangeMaker,
  type ChangePlace,
} from './changes.ts'
import { fileTimeNow } from './file-time.ts'
import type { NewPage } from './page-list.ts'
import type { Pending, PendingFile, PendingFolder, PendingRemoval } from './pending.ts'
import { sealChange, type Change, type SealedChange } from './seal-change.ts'

/** What became of a pending operation that was offered to a batch. */
export type Laid =
  /** The batch holds it, as the operation at `at`. */
  | { readonly kind: 'taken'; readonly at: number }
  /** Nothing is to be done. */
  | { readonly kind: 'unchanged'; readonly entry: IndexEntry }
  /** It was committed before, and the answer was lost. */
  | { readonly kind: 'done'; readonly entry: IndexEntry }
  /** It cannot stand beside what the batch holds. */
  | { readonly kind: 'later' }

export interface BatchOperation {
  readonly sealed: SealedChange
  readonly pages: readonly NewPage[]
  /** It follows a tombstone. */
  readonly revives: boolean
}

export interface LayOptions {
  /** Do not revive the deleted entry of this name: the coordinator refused that. */
  readonly fresh: boolean
}

const folderMode = 0o755
const bare = Object.freeze({ pages: [], revives: false })
const later: Laid = Object.freeze({ kind: 'later' })

export class Batch {
  readonly operations: BatchOperation[] = []
  /** What the commit has beside its operations. */
  readonly terms = new BatchTerms()
  readonly #session: Session
  readonly #feed: VaultFeed
  readonly #maker: ChangeMaker
  /** Folders made or changed here, by place. */
  readonly #folders = new Map<string, string>()
  /** Those that are new: nothing is in them but what is laid here. */
  readonly #empty = new Set<string>()
  /** Folders on the way, looked up once. */
  readonly #passed = new Map<string, string>()
  /** Places and, of removals, entries changed here. */
  readonly #touched = new Set<string>()

  constructor(session: Session, feed: VaultFeed) {
    const { primitives, random } = session.world
    this.#session = session
    this.#feed = feed
    this.#maker = {
      random,
      generation: feed.vault.keys.newestGeneration,
      emptyRoot: listRoot(primitives, []),
    }
  }

  /** Throws KIND_CONFLICT, NOT_FOUND, EXISTS, FOLDER_NOT_EMPTY, BAD_NAME, BAD_USAGE, OVER_LIMIT. */
  lay(pending: Pending, options: LayOptions): Laid {
    checkPath(pending.path)
    const before = this.operations.length
    const place = this.terms.place(pending, before)
    if (place === 'too-large') throw overLimit(pending.path)
    if (place === 'later') return later
    const laid = this.#layKind(pending, options)
    if (laid.kind === 'taken') this.terms.count(pending, this.operations.length - before)
    return laid
  }

  get #index(): VaultIndex {
    return this.#feed.index
  }

  #layKind(pending: Pending, options: LayOptions): Laid {
    if (pending.kind === 'removal') return this.#layRemoval(pending)
    if (pending.kind === 'folder') return this.#layFolder(pending)
    return this.#layFile(pending, options)
  }

  #layFile(file: PendingFile, { fresh }: LayOptions): Laid {
    const { parent, name, key } = this.#placeOf(file.path)
    if (this.#touched.has(key)) return later
    const there = this.#empty.has(parent) ? undefined : this.#index.named({ parent, name })
    if (this.#folders.has(key) || there?.folder) throw kindConflict(file.path, 'is a folder')
    const live = there?.file
    if (live?.version === file.version) return { kind: 'done', entry: live }
    const before = live ?? (fresh ? undefined : there?.deletedFile)
    this.#touched.add(key)
    const change = fileChange(this.#maker, { parent, name, before }, file)
    return this.#add(change, { pages: file.pages.inline, revives: before?.tombstone ?? false })
  }

  #layFolder(folder: PendingFolder): Laid {
    const { parent, name, key } = this.#placeOf(folder.path)
    if (this.#folders.has(key) || this.#touched.has(key)) return later
    const there = this.#child({ parent, name, kind: 'folder' })
    const file = this.#child({ parent, name, kind: 'file' })
    if (folder.ifThere === 'refuse' && (there ?? file)) throw exists(folder.path)
    if (file) throw kindConflict(folder.path, `is a ${file.kind}`)
    if (there && (folder.ifThere === 'keep' || hasStat(there, folder))) {
      return { kind: 'unchanged', entry: there }
    }
    return this.#addFolder({ parent, name, before: there }, { ...folder, key })
  }

  #layRemoval({ path, recursive }: PendingRemoval): Laid {
    const { vault } = this.#feed
    const found = resolvePath(this.#index, { vault: vault.vault, path })
    if (found.kind === 'missing' || found.kind === 'blocked' || found.kind === 'root') {
      throw new HoldfastError('NOT_FOUND', `There is no ${pathText(path)} in ${vault.name}`)
    }
    const { entry } = found
    if (this.#touchesAbove(entry)) return later
    if (found.kind === 'folder' && !recursive && hasChild(this.#index, entry.entry)) {
      throw new HoldfastError(
        'FOLDER_NOT_EMPTY',
        `Cannot remove ${pathText(path)}: it is not empty`,
      )
    }
    this.#touched.add(entry.entry)
    return this.#add(tombstoneChange(this.#maker, entry))
  }

  /** Whether this batch removes it or a folder it lies in. */
  #touchesAbove(entry: IndexEntry): boolean {
    for (let at: IndexEntry | undefined = entry; at; at = this.#index.entry(at.parent)) {
      if (this.#touched.has(at.entry)) return true
    }
    return false
  }

  /** Where a path ends; the folders above it are made where they are missing. */
  #placeOf(path: Path): { parent: string; name: Uint8Array; key: string } {
    let parent = this.#feed.vault.vault
    for (const name of path.slice(0, -1)) parent = this.#folderAt({ parent, name }, path)
    const name = path.at(-1)!
    return { parent, name, key: placeKey(parent, name) }
  }

  #folderAt(place: { readonly parent: string; readonly name: Uint8Array }, path: Path): string {
    const { parent, name } = place
    const key = placeKey(parent, name)
    const passed = this.#folders.get(key) ?? this.#passed.get(key)
    if (passed !== undefined) return passed
    const there = this.#child({ parent, name, kind: 'folder' })
    if (there) {
      this.#passed.set(key, there.entry)
      return there.entry
    }
    if (this.#touched.has(key) || this.#child({ parent, name, kind: 'file' })) {
      throw kindConflict(path, 'lies below a file')
    }
    const modified = fileTimeNow(this.#session.world.clock)
    this.#addFolder({ parent, name, before: undefined }, { mode: folderMode, modified, key })
    return this.#folders.get(key)!
  }

  #child(place: Parameters<VaultIndex['child']>[0]): IndexEntry | undefined {
    return this.#empty.has(place.parent) ? undefined : this.#index.child(place)
  }

  #addFolder(
    place: ChangePlace,
    folder: Pick<PendingFolder, 'mode' | 'modified'> & { readonly key: string },
  ): Laid {
    const change = folderChange(this.#maker, place, folder)
    this.#folders.set(folder.key, change.entry)
    if (!place.before) this.#empty.add(change.entry)
    return this.#add(change)
  }

  #add(change: Change, { pages, revives }: Omit<BatchOperation, 'sealed'> = bare): Laid {
    const { primitives, random } = this.#session.world
    const sealed = sealChange({ primitives, random, keys: this.#feed.vault.keys }, change)
    this.operations.push({ sealed, pages, revives })
    return { kind: 'taken', at: this.operations.length - 1 }
  }
}

function placeKey(parent: string, name: Uint8Array): string {
  return parent + toHex(name)
}

function hasStat(entry: IndexEntry, folder: PendingFolder): boolean {
  const { seconds, nanoseconds } = folder.modified
  return (
    entry.mode === folder.mode &&
    entry.modified.seconds === seconds &&
    entry.modified.nanoseconds === nanoseconds
  )
}

function checkPath(path: Path): void {
  if (path.length === 0) {
    throw new HoldfastError('BAD_USAGE', 'Cannot change the root of a vault', {
      hint: 'Name a file or folder in it',
    })
  }
  if (path.length > limits.folderDepthMax) throw tooDeep(path)
  for (const name of path) checkName(name)
}

/** The coordinator would refuse all that goes with it. */
function tooDeep(path: Path): HoldfastError {
  const top = pathText(path.slice(0, 3))
  const message = `Cannot store what is ${path.length} folders below ${top}: more than ${limits.folderDepthMax}`
  return new HoldfastError('OVER_LIMIT', message, {
    hint: 'Put a part of the tree in the place of all of it',
  })
}

function kindConflict(path: Path, what: string): HoldfastError {
  return new HoldfastError('KIND_CONFLICT', `Cannot write ${pathText(path)}: it ${what}`)
}

function exists(path: Path): HoldfastError {
  return new HoldfastError('EXISTS', `There is a ${pathText(path)} already`)
}

function overLimit(path: Path): HoldfastError {
  return new HoldfastError('OVER_LIMIT', `Cannot commit ${pathText(path)} in one request`)
}
