/** Local files over node:fs: synchronous calls, paths as bytes. */
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { HoldfastError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import { standardInput } from '../engine/local-files.ts'
import type {
  FileTime,
  LocalFiles,
  LocalHandle,
  LocalKind,
  LocalStat,
} from '../engine/local-files.ts'
import { loadExactTimes } from './exact-times.ts'
import type { ExactTimes } from './exact-times.ts'
import { waitForFileTick } from './file-tick.ts'
import { pathText } from './path-text.ts'

const nanosecondsPerSecond = 1_000_000_000n
const nanosecondsInSecond = 1e9
const nanosecondsInMillisecond = 1e6
const permissionBits = 0o7777n
/** Of a name on nearly all file systems. */
const nameBytesMost = 255
const inputWaitMinMs = 0.02
const inputWaitMaxMs = 5

/** Where the system has it, what is open can be named by its handle. */
const handlePaths = '/proc/self/fd'
const handlesArePaths = existsSync(handlePaths)
/** Paths of open folders, elsewhere. */
const folders = new Map<LocalHandle, Uint8Array>()

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENOTDIR: 'NOT_FOUND',
  EACCES: 'UNREADABLE',
  EPERM: 'UNREADABLE',
  ELOOP: 'UNREADABLE',
  ENXIO: 'UNREADABLE',
  EISDIR: 'KIND_CONFLICT',
  EEXIST: 'EXISTS',
  ENOTEMPTY: 'EXISTS',
  EMFILE: 'OVER_LIMIT',
  ENFILE: 'OVER_LIMIT',
  EFBIG: 'OVER_LIMIT',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EROFS: 'READ_ONLY',
  EIO: 'UNREADABLE',
  ENAMETOOLONG: 'BAD_NAME',
  EINVAL: 'BAD_NAME',
}

/** Codes of the system but for those that would be our own fault. */
const ofTheSystem = /^(?!ERR_|EBADF$|EFAULT$)E[A-Z0-9]+$/

export const nodeFiles: LocalFiles = Object.freeze({
  openToRead(path) {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const handle = attempt('open', path, () => openSync(bufferOf(path), flags))
    const look = (): LocalStat => statOf(fstatSync(handle, { bigint: true }))
    const { kind, modified } = look()
    if (kind === 'file') {
      waitForFileTick(modified, () => look().modified)
      return handle
    }
    closeSync(handle)
    throw new HoldfastError('UNREADABLE', `Cannot read ${show(path)}: it is a ${kind}`)
  },
  stat: (handle) => statOf(fstatSync(handle, { bigint: true })),
  read: (handle, target, position) => fill(handle, target, position),
  create(path) {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    return attempt('create', path, () => openSync(bufferOf(path), flags, 0o600))
  },
  write(handle, source, position) {
    attempt('write', undefined, () => {
      for (let done = 0; done < source.length;) {
        done += writeSync(handle, source, done, source.length - done, position + done)
      }
    })
  },
  setStat(handle, { mode, modified }) {
    attempt('set the mode and times of', undefined, () => {
      fchmodSync(handle, mode)
      if (exactTimes()?.setOpen(handle, modified)) return
      futimesSync(handle, timeGiven(modified), timeGiven(modified))
    })
  },
  sync: (handle) => attempt('sync', undefined, () => fsyncSync(handle)),
  close(handle) {
    folders.delete(handle)
    closeSync(handle)
  },
  rename: (from, to) => attempt('rename', to, () => renameSync(bufferOf(from), bufferOf(to))),
  remove: (path) => attempt('remove', path, () => rmSync(bufferOf(path), { force: true })),
  readLink: (path) =>
    attempt('read the link', path, () => readlinkSync(bufferOf(path), { encoding: 'buffer' })),
  statPath(path) {
    const stat = attempt('look at', path, () =>
      lstatSync(bufferOf(path), { bigint: true, throwIfNoEntry: false }),
    )
    return stat === undefined ? undefined : statOf(stat)
  },
  listFolder: (path) =>
    attempt('list', path, () => readdirSync(bufferOf(path), { encoding: 'buffer' })),
  makeFolder(path, { isPrivate } = { isPrivate: false }) {
    const mode = isPrivate ? 0o700 : 0o777
    attempt('make the folder', path, () => {
      const found = lstatSync(bufferOf(path), { throwIfNoEntry: false })
      if (found?.isDirectory() !== true) mkdirSync(bufferOf(path), { mode })
    })
  },
  makeLink(path, target) {
    attempt('make the link', path, () => symlinkSync(bufferOf(target), bufferOf(path)))
  },
  setLinkTime(path, modified) {
    if (exactTimes()?.setPath(path, modified)) return
    const time = timeGiven(modified)
    attempt('set the time of', path, () => lutimesSync(bufferOf(path), time, time))
  },
  openFolder(path, { follow }) {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | (follow ? 0 : constants.O_NOFOLLOW)
    try {
      const handle = openSync(bufferOf(path), flags)
      if (!handlesArePaths) folders.set(handle, path)
      return handle
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (code !== 'ENOTDIR' && code !== 'ELOOP') throw translated('open the folder', path, error)
      throw new HoldfastError('KIND_CONFLICT', `${show(path)} is no folder`, { cause: error })
    }
  },
  inFolder(folder, name) {
    const start = folders.get(folder) ?? Buffer.from(`${handlePaths}/${folder}`)
    return Buffer.concat([start, Buffer.from('/'), name])
  },
} satisfies LocalFiles)

/** Reads until the target is full or the file ends; waits where standard input has nothing yet. */
function fill(handle: LocalHandle, target: Uint8Array, position: number | undefined): number {
  const read = handle === standardInput ? readInput : readSome
  let done = 0
  while (done < target.length) {
    const at = position === undefined ? null : position + done
    const count = read(handle, target.subarray(done), at)
    if (count === 0) break
    done += count
  }
  return done
}

function readSome(handle: LocalHandle, target: Uint8Array, position: number | null): number {
  try {
    return readSync(handle, target, 0, target.length, position)
  } catch (error) {
    throw translated('read', undefined, error)
  }
}

/** Standard input: never blocks inside the system, where nothing could end it. */
function readInput(_input: LocalHandle, target: Uint8Array): number {
  inputHandle ??= openInput()
  for (let waitMs = inputWaitMinMs; ; waitMs = Math.min(waitMs * 2, inputWaitMaxMs)) {
    try {
      return readSync(inputHandle, target, 0, target.length, null)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN') throw translated('read', undefined, error)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs)
    }
  }
}

let inputHandle: LocalHandle | undefined

/** A pipe or terminal is opened once more, so that only this reader does not block. */
function openInput(): LocalHandle {
  const stat = fstatSync(standardInput)
  if (!stat.isFIFO() && !stat.isCharacterDevice()) return standardInput
  try {
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
    return openSync(`${handlePaths}/${standardInput}`, flags)
  } catch {
    return standardInput
  }
}

function statOf(stat: BigIntStats): LocalStat {
  return {
    kind: kindOf(stat),
    bytes: Number(stat.size),
    mode: Number(stat.mode & permissionBits),
    modified: timeOf(stat.mtimeNs),
    touchedMs: Number(stat.ctimeNs) / nanosecondsInMillisecond,
    identity: `${stat.dev}:${stat.ino}`,
  }
}

function timeOf(nanoseconds: bigint): FileTime {
  const rest = ((nanoseconds % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond
  return {
    seconds: Number((nanoseconds - rest) / nanosecondsPerSecond),
    nanoseconds: Number(rest),
  }
}

let loadedTimes: { readonly exact: ExactTimes | undefined } | undefined

function exactTimes(): ExactTimes | undefined {
  loadedTimes ??= { exact: loadExactTimes() }
  return loadedTimes.exact
}

/** As node:fs takes it, without the last digits: numbers below zero would be taken for now. */
function timeGiven({ seconds, nanoseconds }: FileTime): number | Date {
  return seconds < 0
    ? new Date(seconds * 1000 + nanoseconds / 1e6)
    : seconds + nanoseconds / nanosecondsInSecond
}

interface Kinds {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isSocket(): boolean
}

function kindOf(entry: Kinds): LocalKind {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  if (entry.isSymbolicLink()) return 'link'
  if (entry.isFIFO()) return 'fifo'
  return entry.isSocket() ? 'socket' : 'device'
}

function attempt<Value>(action: string, path: Uint8Array | undefined, run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    throw translated(action, path, error)
  }
}

function translated(action: string, path: Uint8Array | undefined, error: unknown): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException
  const known = codes[code] ?? (ofTheSystem.test(code) ? 'UNREADABLE' : undefined)
  if (known === undefined) return error
  const place = path === undefined ? 'a file' : show(path)
  const isLong = code === 'ENAMETOOLONG'
  return new HoldfastError(known, `Cannot ${action} ${place}: ${reasonOf(message)}`, {
    cause: error,
    ...(isLong && path && { hint: tooLongHint(path) }),
    ...(code === 'EINVAL' && { hint: 'This file system does not take such a name' }),
  })
}

/** Of `ENOENT: no such file or directory, open '…'`, the words between. */
function reasonOf(message: string): string {
  return /^\w+: ([^,]*)/.exec(message)?.[1] ?? message
}

/** What is too long: all of the path, or one name in it. */
function tooLongHint(path: Uint8Array): string {
  return path.length > nameBytesMost * 4
    ? 'The system takes no path of this length: run the command from a folder nearer to it'
    : 'This file system takes no name of this length: fetch it to a DEST with a shorter name of your own'
}

function show(path: Uint8Array): string {
  return pathText(path)
}

function bufferOf(path: Uint8Array): Buffer {
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength)
}
