import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { LocalFiles, LocalHandle } from '../engine/local-files.ts'

const nameless = new Uint8Array()

/**
 * Folders that a put holds open because the system takes no path so long as those of what is in them: it is
 * named from there. They stay open until the put has read everything.
 */
export class HeldFolders {
  readonly #files: LocalFiles
  readonly #handles: LocalHandle[] = []

  constructor(files: LocalFiles) {
    this.#files = files
  }

  /** A path to the same folder that is short enough for what is in it. OVER_LIMIT when too many are held. */
  shortened(folder: Uint8Array): Uint8Array {
    if (folder.length <= limits.localPathBytes) return folder
    if (this.#handles.length >= limits.heldFoldersMax) {
      const message = `More than ${limits.heldFoldersMax} folders have too long a path`
      throw new HoldfastError('OVER_LIMIT', message, {
        hint: 'Put parts of it, each from a folder nearer to them',
      })
    }
    const handle = this.#files.openFolder(folder, { follow: false })
    this.#handles.push(handle)
    const path = this.#files.inFolder(handle, nameless)
    // Some systems cannot name what is open in another way.
    return path.length < folder.length ? path : folder
  }

  close(): void {
    for (const handle of this.#handles.splice(0)) this.#files.close(handle)
  }
}
