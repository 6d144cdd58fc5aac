import { constants, type Stats } from 'node:fs'
import * as files from 'node:fs/promises'
import { join } from 'node:path'
import type { Disk, DiskFile, DiskLock, DiskSpace, OpenOptions } from '../../base/disk.ts'
import { hasCode, HoldfastError } from '../../base/errors.ts'
import { diskFailure, systemCode } from './disk-failure.ts'
import { lockFile } from './lock-file.ts'
import { NodeDiskFile } from './node-disk-file.ts'

/** The folder `root` of this machine as a disk; it is made when its parent is there. */
export async function openNodeDisk(root: string): Promise<Disk> {
  try {
    await files.mkdir(root, { mode: 0o700 })
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') throw gone(root)
    const isThere = systemCode(cause) === 'EEXIST' || (await isFolder(root))
    if (!isThere) throw diskFailure(`make the folder ${root}`, cause)
  }
  return new NodeDisk(root, await files.stat(root))
}

class NodeDisk implements Disk {
  readonly #root: string
  /** Device and inode of the root as it was at the beginning. */
  readonly #identity: string

  constructor(root: string, stats: Stats) {
    this.#root = root
    this.#identity = identity(stats)
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    const full = join(this.#root, path)
    const flags =
      (options.create || options.write ? constants.O_RDWR : constants.O_RDONLY) |
      (options.create ? constants.O_CREAT : 0)
    return this.#tell(`open ${path}`, () =>
      NodeDiskFile.open(full, { flags, direct: options.direct ?? false }),
    )
  }

  async list(folder: string): Promise<string[]> {
    try {
      return (await files.readdir(join(this.#root, folder))).toSorted()
    } catch (cause) {
      const failure = await this.#failure(`list ${folder}`, cause)
      if (hasCode(failure, 'NOT_FOUND')) return []
      throw failure
    }
  }

  async makeFolder(folder: string): Promise<void> {
    const full = join(this.#root, folder)
    await this.#tell(`make the folder ${folder}`, async () => {
      try {
        await files.mkdir(full, { mode: 0o700 })
      } catch (cause) {
        if (systemCode(cause) !== 'EEXIST') throw cause
      }
    })
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#tell(`rename ${from}`, () =>
      files.rename(join(this.#root, from), join(this.#root, to)),
    )
  }

  async remove(path: string): Promise<void> {
    await this.#tell(`remove ${path}`, () => files.rm(join(this.#root, path), { force: true }))
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#tell(`sync the folder ${folder || '.'}`, async () => {
      const handle = await files.open(join(this.#root, folder), constants.O_RDONLY)
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    })
  }

  async space(): Promise<DiskSpace> {
    await this.#refuseOther()
    return this.#tell('ask for the free space', async () => {
      const { bavail, blocks, bsize } = await files.statfs(this.#root)
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
    })
  }

  async lock(path: string): Promise<DiskLock> {
    await this.#refuseOther()
    return lockFile(join(this.#root, path))
  }

  async #tell<Value>(action: string, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (cause) {
      throw await this.#failure(action, cause)
    }
  }

  async #failure(action: string, cause: unknown): Promise<unknown> {
    const failure = diskFailure(action, cause)
    if (hasCode(failure, 'NOT_FOUND')) await this.#refuseOther()
    return failure
  }

  async #refuseOther(): Promise<void> {
    let found: string | undefined
    try {
      found = identity(await files.stat(this.#root))
    } catch (cause) {
      if (systemCode(cause) !== 'ENOENT') throw diskFailure(`look at ${this.#root}`, cause)
    }
    if (found !== this.#identity) throw gone(this.#root)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return files.stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

function identity(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`
}

function gone(root: string): HoldfastError {
  return new HoldfastError('DISK_GONE', `Cannot use ${root}: the folder is gone or is another one`)
}
