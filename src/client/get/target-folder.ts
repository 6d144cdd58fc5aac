import { HoldfastError } from '../../base/errors.ts'
import type { FileTime, LocalFiles, LocalHandle } from '../engine/local-files.ts'

export interface FolderStat {
  readonly mode: number
  readonly modified: FileTime
}

const nameless = new Uint8Array()
/** As temporary files are called. */
const partName = /^\.holdfast-[0-9a-f]{16}\.part$/

export interface OpenedFolder {
  readonly files: LocalFiles
  readonly handle: LocalHandle
  readonly parent: TargetFolder | undefined
  /** Set when nothing more is written into it. */
  readonly stat: FolderStat | undefined
  readonly sync: boolean
}

/**
 * A local folder that a get writes into. It is held open, and everything in it is named through that handle:
 * nothing below DEST is reached through a link, not even one that takes a folder's place meanwhile. The last
 * user's `release` sets its mode and time.
 */
export class TargetFolder {
  readonly #opened: OpenedFolder
  #uses = 1

  constructor(opened: OpenedFolder) {
    this.#opened = opened
    opened.parent?.use()
  }

  get handle(): LocalHandle {
    return this.#opened.handle
  }

  /** A path to this name in it, good until the last `release`. */
  pathOf(name: Uint8Array): Uint8Array {
    return this.#opened.files.inFolder(this.#opened.handle, name)
  }

  use(): this {
    this.#uses += 1
    return this
  }

  release(): void {
    this.#uses -= 1
    if (this.#uses > 0) return
    const { files, handle, parent, stat, sync } = this.#opened
    try {
      if (stat) files.setStat(handle, stat)
      if (sync) files.sync(handle)
    } finally {
      files.close(handle)
      parent?.release()
    }
  }

  /** Removes temporary files that a get left here which ended in the middle, long ago. */
  removeStale(olderThanMs: number): void {
    const { files, handle } = this.#opened
    for (const name of files.listFolder(files.inFolder(handle, nameless))) {
      if (!partName.test(latin1(name))) continue
      const path = this.pathOf(name)
      const stat = files.statPath(path)
      if (stat?.kind === 'file' && stat.touchedMs < olderThanMs) files.remove(path)
    }
  }
}

/** Opens a folder in another one, making it when it is not there. KIND_CONFLICT for anything else. */
export function openTarget(
  files: LocalFiles,
  place: { readonly parent: TargetFolder; readonly name: Uint8Array },
  options: Pick<OpenedFolder, 'stat' | 'sync'>,
): { readonly folder: TargetFolder; readonly made: boolean } {
  const { parent, name } = place
  const path = parent.pathOf(name)
  const there = files.statPath(path)
  if (there !== undefined && there.kind !== 'folder') {
    throw new HoldfastError('KIND_CONFLICT', `Cannot write a folder there: it is a ${there.kind}`)
  }
  // What comes into it is nobody's before it has the mode it should have.
  if (there === undefined) files.makeFolder(path, { isPrivate: true })
  const handle = files.openFolder(path, { follow: false })
  const folder = new TargetFolder({ files, handle, parent, ...options })
  return { folder, made: there === undefined }
}

function latin1(name: Uint8Array): string {
  return String.fromCharCode(...name)
}
