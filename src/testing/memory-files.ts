/** Local files in memory, with what the engine may ask of them: for tests and the simulated world. */
import { HoldfastError } from '../base/errors.ts'
import type { ErrorCode } from '../base/errors.ts'
import type { FileTime, LocalFiles, LocalHandle, LocalStat } from '../client/engine/local-files.ts'

interface MemoryFile {
  readonly kind: 'file' | 'folder' | 'link'
  readonly identity: string
  bytes: Uint8Array
  /** Of `bytes`, how many there are. */
  length: number
  mode: number
  modified: FileTime
}

interface OpenFile {
  readonly file: MemoryFile
  position: number
}

interface FileStat {
  readonly mode: number
  readonly modified: FileTime
}

const fileMode = 0o600
const folderMode = 0o755
const privateFolderMode = 0o700
const linkMode = 0o777
/** Handles below are standard input, output and errors. */
const handleMin = 3

/** Paths are absolute; the root folder `/` is there from the beginning. */
export class MemoryFiles implements LocalFiles {
  readonly #nowMs: () => number
  readonly #files = new Map<string, MemoryFile>()
  readonly #open = new Map<LocalHandle, OpenFile>()
  readonly #folders = new Map<LocalHandle, Uint8Array>()
  #lastHandle = handleMin - 1
  #lastIdentity = 0

  constructor(nowMs: () => number = () => 0) {
    this.#nowMs = nowMs
    this.#files.set('/', this.#make('folder'))
  }

  /** All paths but the root's, in the order they were made. */
  get paths(): Uint8Array[] {
    const paths = [...this.#files.keys()].filter((path) => path !== '/')
    return paths.map((path) => Uint8Array.from(path, (letter) => letter.charCodeAt(0)))
  }

  /** Puts a file at the path at once, whatever was there. */
  setFile(path: Uint8Array, content: Uint8Array, stat: Partial<FileStat> = {}): void {
    this.remove(path)
    const file = this.#add(path, 'file')
    file.bytes = content
    file.length = content.length
    Object.assign(file, stat)
  }

  /** A copy. NOT_FOUND. */
  content(path: Uint8Array): Uint8Array {
    const file = this.#get(path)
    return file.bytes.slice(0, file.length)
  }

  openToRead(path: Uint8Array): LocalHandle {
    const file = this.#get(path)
    if (file.kind !== 'file') throw failure('UNREADABLE', path, `it is a ${file.kind}`)
    return this.#opened(file)
  }

  stat(handle: LocalHandle): LocalStat {
    return statOf(this.#handle(handle).file)
  }

  read(handle: LocalHandle, target: Uint8Array, position: number | undefined): number {
    const open = this.#handle(handle)
    const { bytes, length } = open.file
    const from = position ?? open.position
    const count = Math.max(0, Math.min(target.length, length - from))
    target.set(bytes.subarray(from, from + count))
    if (position === undefined) open.position += count
    return count
  }

  create(path: Uint8Array): LocalHandle {
    if (this.#files.has(key(path))) throw failure('EXISTS', path, 'something is there')
    return this.#opened(this.#add(path, 'file'))
  }

  write(handle: LocalHandle, source: Uint8Array, position: number): void {
    const { file } = this.#handle(handle)
    const end = position + source.length
    if (end > file.bytes.length) {
      const longer = new Uint8Array(Math.max(end, 2 * file.bytes.length))
      longer.set(file.bytes.subarray(0, file.length))
      file.bytes = longer
    }
    file.bytes.set(source, position)
    file.length = Math.max(file.length, end)
    file.modified = this.#now()
  }

  setStat(handle: LocalHandle, { mode, modified }: FileStat): void {
    Object.assign(this.#handle(handle).file, { mode, modified })
  }

  sync(handle: LocalHandle): void {
    this.#handle(handle)
  }

  close(handle: LocalHandle): void {
    this.#handle(handle)
    this.#open.delete(handle)
    this.#folders.delete(handle)
  }

  rename(from: Uint8Array, to: Uint8Array): void {
    const file = this.#get(from)
    this.#requireParent(to)
    this.#files.delete(key(from))
    this.#files.set(key(to), file)
  }

  remove(path: Uint8Array): void {
    this.#files.delete(key(path))
  }

  readLink(path: Uint8Array): Uint8Array {
    const file = this.#get(path)
    if (file.kind !== 'link') throw failure('UNREADABLE', path, `it is a ${file.kind}`)
    return file.bytes.slice(0, file.length)
  }

  statPath(path: Uint8Array): LocalStat | undefined {
    const file = this.#files.get(key(path))
    return file && statOf(file)
  }

  listFolder(path: Uint8Array): Uint8Array[] {
    if (this.#get(path).kind !== 'folder') throw failure('NOT_FOUND', path, 'it is no folder')
    const folder = key(path)
    const inside = [...this.#files.keys()].filter(
      (each) => each !== '/' && parentOf(each) === folder,
    )
    return inside.map((each) => bytesOf(lastName(each)))
  }

  makeFolder(path: Uint8Array, { isPrivate } = { isPrivate: false }): void {
    const there = this.#files.get(key(path))
    if (there === undefined) {
      const folder = this.#add(path, 'folder')
      if (isPrivate) folder.mode = privateFolderMode
    } else if (there.kind !== 'folder') throw failure('EXISTS', path, `it is a ${there.kind}`)
  }

  makeLink(path: Uint8Array, target: Uint8Array): void {
    if (this.#files.has(key(path))) throw failure('EXISTS', path, 'something is there')
    const link = this.#add(path, 'link')
    link.bytes = target.slice()
    link.length = target.length
  }

  setFolderStat(path: Uint8Array, { mode, modified }: FileStat): void {
    Object.assign(this.#get(path), { mode, modified })
  }

  setLinkTime(path: Uint8Array, modified: FileTime): void {
    this.#get(path).modified = modified
  }

  openFolder(path: Uint8Array): LocalHandle {
    const file = this.#get(path)
    if (file.kind !== 'folder') throw failure('KIND_CONFLICT', path, `it is a ${file.kind}`)
    const handle = this.#opened(file)
    this.#folders.set(handle, path)
    return handle
  }

  inFolder(folder: LocalHandle, name: Uint8Array): Uint8Array {
    const path = key(this.#folders.get(folder)!)
    if (name.length === 0) return bytesOf(path)
    return bytesOf(path === '/' ? `/${key(name)}` : `${path}/${key(name)}`)
  }

  #opened(file: MemoryFile): LocalHandle {
    this.#lastHandle += 1
    this.#open.set(this.#lastHandle, { file, position: 0 })
    return this.#lastHandle
  }

  #handle(handle: LocalHandle): OpenFile {
    const open = this.#open.get(handle)
    if (open === undefined) throw new Error(`Handle ${handle} is not open`)
    return open
  }

  #get(path: Uint8Array): MemoryFile {
    const file = this.#files.get(key(path))
    if (file === undefined) throw failure('NOT_FOUND', path, 'nothing is there')
    return file
  }

  #add(path: Uint8Array, kind: MemoryFile['kind']): MemoryFile {
    this.#requireParent(path)
    const file = this.#make(kind)
    this.#files.set(key(path), file)
    return file
  }

  #make(kind: MemoryFile['kind']): MemoryFile {
    this.#lastIdentity += 1
    const mode = kind === 'file' ? fileMode : kind === 'folder' ? folderMode : linkMode
    const parts = { bytes: new Uint8Array(0), length: 0, modified: this.#now() }
    return { kind, identity: `memory:${this.#lastIdentity}`, mode, ...parts }
  }

  #requireParent(path: Uint8Array): void {
    if (this.#files.get(parentOf(key(path)))?.kind === 'folder') return
    throw failure('NOT_FOUND', path, 'there is no such folder')
  }

  #now(): FileTime {
    const ms = this.#nowMs()
    const seconds = Math.floor(ms / 1000)
    return { seconds, nanoseconds: Math.round((ms - seconds * 1000) * 1e6) }
  }
}

function statOf({ kind, length, mode, modified, identity }: MemoryFile): LocalStat {
  const touchedMs = modified.seconds * 1000
  return { kind, bytes: length, mode, modified, touchedMs, identity }
}

/** One letter for each byte, so that any bytes can be a key. */
function key(path: Uint8Array): string {
  return String.fromCharCode(...path)
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function failure(code: ErrorCode, path: Uint8Array, why: string): HoldfastError {
  return new HoldfastError(code, `Cannot use ${JSON.stringify(key(path))}: ${why}`)
}
