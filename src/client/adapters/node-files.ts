/** Local files over node:fs: synchronous calls, paths as bytes. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  chmodSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import type { BigIntStats, Dirent } from 'node:fs'
import { HoldfastError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import { standardInput } from '../engine/local-files.ts'
import type { FileTime, LocalFiles, LocalKind, LocalStat } from '../engine/local-files.ts'

const nanosecondsPerSecond = 1_000_000_000n
const permissionBits = 0o7777n
const inputWaitMs = 5

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
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EROFS: 'READ_ONLY',
  EIO: 'UNREADABLE',
  ENAMETOOLONG: 'BAD_NAME',
  EINVAL: 'BAD_NAME',
}

export const nodeFiles: LocalFiles = Object.freeze({
  openToRead(path) {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const handle = attempt('open', path, () => openSync(bufferOf(path), flags))
    const { kind } = statOf(fstatSync(handle, { bigint: true }))
    if (kind === 'file') return handle
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
    fchmodSync(handle, mode)
    futimesSync(handle, secondsOf(modified), secondsOf(modified))
  },
  sync: (handle) => attempt('sync', undefined, () => fsyncSync(handle)),
  close: (handle) => closeSync(handle),
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
  listFolder(path) {
    const entries = attempt('list', path, () =>
      readdirSync(bufferOf(path), { withFileTypes: true, encoding: 'buffer' }),
    ) as unknown as Dirent<Buffer>[]
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
  },
  makeFolder(path) {
    attempt('make the folder', path, () => {
      const found = lstatSync(bufferOf(path), { throwIfNoEntry: false })
      if (found?.isDirectory() !== true) mkdirSync(bufferOf(path))
    })
  },
  makeLink(path, target) {
    attempt('make the link', path, () => symlinkSync(bufferOf(target), bufferOf(path)))
  },
  setFolderStat(path, { mode, modified }) {
    attempt('set the times of', path, () => {
      const found = lstatSync(bufferOf(path))
      if (!found.isSymbolicLink()) chmodSync(bufferOf(path), mode)
      lutimesSync(bufferOf(path), secondsOf(modified), secondsOf(modified))
    })
  },
} satisfies LocalFiles)

/** Reads until the target is full or the file ends; waits where standard input has nothing yet. */
function fill(handle: number, target: Uint8Array, position: number | undefined): number {
  let done = 0
  while (done < target.length) {
    const at = position === undefined ? null : position + done
    const read = readSome(handle, target.subarray(done), at)
    if (read === 0) break
    done += read
  }
  return done
}

function readSome(handle: number, target: Uint8Array, position: number | null): number {
  for (;;) {
    try {
      return readSync(handle, target, 0, target.length, position)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (handle === standardInput && code === 'EAGAIN') {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, inputWaitMs)
      } else if (code === 'EOF') return 0
      else throw translated('read', undefined, error)
    }
  }
}

function statOf(stat: BigIntStats): LocalStat {
  return {
    kind: kindOf(stat),
    bytes: Number(stat.size),
    mode: Number(stat.mode & permissionBits),
    modified: timeOf(stat.mtimeNs),
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

function secondsOf(time: FileTime): number {
  return time.seconds + time.nanoseconds / 1e9
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
  const known = codes[code]
  if (known === undefined) return error
  const place = path === undefined ? 'a file' : show(path)
  return new HoldfastError(known, `Cannot ${action} ${place}: ${reasonOf(message)}`, {
    cause: error,
  })
}

/** Of `ENOENT: no such file or directory, open '…'`, the words between. */
function reasonOf(message: string): string {
  return /^\w+: ([^,]*)/.exec(message)?.[1] ?? message
}

function show(path: Uint8Array): string {
  return JSON.stringify(bufferOf(path).toString())
}

function bufferOf(path: Uint8Array): Buffer {
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength)
}
