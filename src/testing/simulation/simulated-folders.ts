import { HoldfastError } from '../../base/errors.ts'
import { countNothing } from './counters.ts'
import type { Count } from './counters.ts'
import { SimulatedFile } from './simulated-file.ts'
import type { SeededRandom } from './seeded-random.ts'

type Node = SimulatedFile | 'folder'

type Change =
  | { readonly kind: 'add'; readonly path: string; readonly node: Node }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly node: Node }

/** The names of a simulated disk: those that are durable, and changes that no sync of a folder covers yet. */
export class SimulatedFolders {
  #durable = new Map<string, Node>()
  #visible = new Map<string, Node>()
  #unsynced: Change[] = []

  /** All files that have a name now. */
  get files(): Map<string, SimulatedFile> {
    const files = new Map<string, SimulatedFile>()
    for (const [path, node] of this.#visible) if (node !== 'folder') files.set(path, node)
    return files
  }

  file(path: string): SimulatedFile | undefined {
    const node = this.#visible.get(path)
    return node === 'folder' ? undefined : node
  }

  isNamed(file: SimulatedFile): boolean {
    for (const node of this.#visible.values()) if (node === file) return true
    return false
  }

  create(path: string): SimulatedFile {
    this.#requireFolder(folderOf(path))
    const file = new SimulatedFile()
    this.#change({ kind: 'add', path, node: file })
    return file
  }

  makeFolder(path: string): void {
    if (this.#visible.get(path) === 'folder') return
    this.#requireFolder(folderOf(path))
    this.#change({ kind: 'add', path, node: 'folder' })
  }

  rename(from: string, to: string): void {
    const node = this.#visible.get(from)
    if (node === undefined) throw notFound(from)
    this.#change({ kind: 'rename', from, to, node })
  }

  remove(path: string): void {
    if (this.#visible.has(path)) this.#change({ kind: 'remove', path })
  }

  list(folder: string): string[] {
    const names = [...this.#visible.keys()].filter((path) => folderOf(path) === folder)
    return names.map((path) => path.slice(folder === '' ? 0 : folder.length + 1)).toSorted()
  }

  /** Begins a sync of a folder; the function it returns makes durable what had changed by then. */
  beginSync(folder: string): () => void {
    this.#requireFolder(folder)
    const changes = this.#unsynced.filter((change) => folderOfChange(change) === folder)
    return () => {
      for (const change of changes) {
        if (!this.#unsynced.includes(change)) continue
        apply(this.#durable, change)
        this.#unsynced.splice(this.#unsynced.indexOf(change), 1)
      }
    }
  }

  /** Power is cut: each change that was not synced has happened or not. */
  crash(random: SeededRandom, count: Count = countNothing): void {
    const kept = random.pick([0, 1, 0.5])
    for (const change of this.#unsynced) if (random.chance(kept)) apply(this.#durable, change)
    for (const path of this.#durable.keys()) {
      const folder = folderOf(path)
      if (folder !== '' && this.#durable.get(folder) !== 'folder') this.#durable.delete(path)
    }
    this.#unsynced = []
    this.#visible = new Map(this.#durable)
    for (const node of this.#durable.values()) if (node !== 'folder') node.crash(random, count)
  }

  /** What a crash at this moment would leave for certain. */
  durableCopy(): SimulatedFolders {
    const copy = new SimulatedFolders()
    for (const [path, node] of this.#durable) {
      copy.#durable.set(path, node === 'folder' ? node : node.durableCopy())
    }
    copy.#visible = new Map(copy.#durable)
    return copy
  }

  #change(change: Change): void {
    apply(this.#visible, change)
    this.#unsynced.push(change)
  }

  #requireFolder(path: string): void {
    if (path !== '' && this.#visible.get(path) !== 'folder') throw notFound(path)
  }
}

function apply(names: Map<string, Node>, change: Change): void {
  if (change.kind === 'add') names.set(change.path, change.node)
  if (change.kind === 'remove') names.delete(change.path)
  if (change.kind !== 'rename') return
  // Its creation may be lost: the rename alone still gives it the new name
  if (names.get(change.from) === change.node) names.delete(change.from)
  names.set(change.to, change.node)
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

function folderOfChange(change: Change): string {
  return folderOf(change.kind === 'rename' ? change.to : change.path)
}

export function notFound(path: string): HoldfastError {
  return new HoldfastError('NOT_FOUND', `Cannot find ${path}`)
}
