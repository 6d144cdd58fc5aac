/**
 * One commit in the making. Pending operations are laid on the index as it is now, together with what the
 * batch itself makes before them; what would touch one entry twice waits for the next batch. A batch can be
 * laid while the one before it is under way, as if that were committed; if it is not, it is of no use.
 */
import { HoldfastError, hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { checkName } from '../../core/name.ts'
import { listRoot } from '../../core/page.ts'
import type { VaultFeed } from '../index/vault-feed.ts'
import type { IndexEntry, VaultIndex } from '../index/vault-index.ts'
import type { Session } from '../session.ts'
import { hasChild } from '../tree/list-folder.ts'
import { pathText, type Path } from '../tree/path.ts'
import { resolvePath } from '../tree/resolve-path.ts'
import { BatchPlaces, placeKey } from './batch-places.ts'
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
import {
  isPendingFile,
  type Pending,
  type PendingFile,
  type PendingFolder,
  type PendingRemoval,
} from './pending.ts'
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
  readonly #places: BatchPlaces
  #isBehind: boolean

  /** `before` is under way: until it is committed, only files and links are taken. */
  constructor(session: Session, feed: VaultFeed, before?: Batch) {
    const { primitives, random } = session.world
    this.#session = session
    this.#feed = feed
    this.#maker = {
      random,
      generation: feed.vault.keys.newestGeneration,
      emptyRoot: listRoot(primitives, []),
    }
    this.#places = new BatchPlaces(before && before.#places)
    this.#isBehind = before !== undefined
  }

  /** The batch before it was committed, and is in the index. */
  follow(): void {
    this.#places.forgetBefore()
    this.#isBehind = false
  }

  /** Throws KIND_CONFLICT, NOT_FOUND, EXISTS, FOLDER_NOT_EMPTY, BAD_NAME, BAD_USAGE, OVER_LIMIT. */
  lay(pending: Pending, options: LayOptions): Laid {
    checkPath(pending.path)
    if (this.#isBehind && !isPendingFile(pending)) return later
    const before = this.operations.length
    const place = this.terms.place(pending, before)
    if (place === 'too-large') throw overLimit(pending.path)
    if (place === 'later') return later
    const laid = this.#tryLay(pending, options)
    if (laid.kind === 'taken') this.terms.count(pending, this.operations.length - before)
    return laid
  }

  get #index(): VaultIndex {
    return this.#feed.index
  }

  /** What the commit under way would be in the way of may stand when that fails. */
  #tryLay(pending: Pending, options: LayOptions): Laid {
    try {
      return this.#layKind(pending, options)
    } catch (error) {
      if (this.#isBehind && hasCode(error, 'KIND_CONFLICT')) return later
      throw error
    }
  }

  #layKind(pending: Pending, options: LayOptions): Laid {
    if (pending.kind === 'removal') return this.#layRemoval(pending)
    if (pending.kind === 'folder') return this.#layFolder(pending)
    return this.#layFile(pending, options)
  }

  #layFile(file: PendingFile, { fresh }: LayOptions): Laid {
    const { parent, name, key } = this.#placeOf(file.path)
    if (this.#places.isTouched(key)) return later
    const there = this.#places.isEmpty(parent) ? undefined : this.#index.named({ parent, name })
    if (this.#places.folder(key) !== undefined || there?.folder)
      throw kindConflict(file.path, 'is a folder')
    const live = there?.file
    if (live?.version === file.version) return { kind: 'done', entry: live }
    const before = live ?? (fresh ? undefined : there?.deletedFile)
    this.#places.touch(key)
    const change = fileChange(this.#maker, { parent, name, before }, file)
    return this.#add(change, { pages: file.pages.inline, revives: before?.tombstone ?? false })
  }

  #layFolder(folder: PendingFolder): Laid {
    const { parent, name, key } = this.#placeOf(folder.path)
    if (this.#places.folder(key) !== undefined || this.#places.isTouched(key)) return later
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
    this.#places.touch(entry.entry)
    return this.#add(tombstoneChange(this.#maker, entry))
  }

  /** Whether this batch removes it or a folder it lies in. */
  #touchesAbove(entry: IndexEntry): boolean {
    for (let at: IndexEntry | undefined = entry; at; at = this.#index.entry(at.parent)) {
      if (this.#places.isTouched(at.entry)) return true
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
    const passed = this.#places.folder(key) ?? this.#places.passed(key)
    if (passed !== undefined) return passed
    const there = this.#child({ parent, name, kind: 'folder' })
    if (there) {
      this.#places.pass(key, there.entry)
      return there.entry
    }
    if (this.#places.isTouched(key) || this.#child({ parent, name, kind: 'file' })) {
      throw kindConflict(path, 'lies below a file')
    }
    const modified = fileTimeNow(this.#session.world.clock)
    this.#addFolder({ parent, name, before: undefined }, { mode: folderMode, modified, key })
    return this.#places.folder(key)!
  }

  #child(place: Parameters<VaultIndex['child']>[0]): IndexEntry | undefined {
    return this.#places.isEmpty(place.parent) ? undefined : this.#index.child(place)
  }

  #addFolder(
    place: ChangePlace,
    folder: Pick<PendingFolder, 'mode' | 'modified'> & { readonly key: string },
  ): Laid {
    const change = folderChange(this.#maker, place, folder)
    this.#places.addFolder(folder.key, { entry: change.entry, isNew: !place.before })
    return this.#add(change)
  }

  #add(change: Change, { pages, revives }: Omit<BatchOperation, 'sealed'> = bare): Laid {
    const { primitives, random } = this.#session.world
    const sealed = sealChange({ primitives, random, keys: this.#feed.vault.keys }, change)
    this.operations.push({ sealed, pages, revives })
    return { kind: 'taken', at: this.operations.length - 1 }
  }
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
