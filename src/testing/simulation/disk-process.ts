import { alignBytes, isAligned } from '../../base/aligned.ts'
import { assert } from '../../base/assert.ts'
import type { Disk, DiskFile, DiskLock, DiskSpace, OpenOptions } from '../../base/disk.ts'
import { HoldfastError } from '../../base/errors.ts'
import { pageBytes, type SimulatedFile } from './simulated-file.ts'
import { notFound } from './simulated-folders.ts'
import type { DiskOperation, SimulatedMedium } from './simulated-medium.ts'

/** Simulated time of an operation: a part that varies, and one by bytes. */
const delayMsMax: Readonly<Record<DiskOperation, number>> = {
  read: 0.3,
  write: 0.5,
  sync: 2,
  truncate: 0.2,
  name: 0.2,
  'sync-folder': 2,
}
const bytesPerMs = 1_000_000

/** A simulated disk as one process sees it, until it ends. */
export class DiskProcess implements Disk {
  readonly #disk: SimulatedMedium
  #ended = false

  constructor(disk: SimulatedMedium) {
    this.#disk = disk
  }

  end(): void {
    this.#ended = true
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    const { folders } = this.#disk
    const changes = options.create && folders.file(path) === undefined
    const opened = await this.run(changes ? 'name' : 'read', path, () => {
      if (options.write || options.create) this.#disk.refuse('write')
      const known = folders.file(path)
      if (known !== undefined) return known
      if (!options.create) throw notFound(path)
      return folders.create(path)
    })
    const direct = this.#disk.direct && (options.direct ?? false)
    const write = (options.write || options.create) ?? false
    return new OpenSimulatedFile(this, this.#disk, { path, file: opened, direct, write })
  }

  list(folder: string): Promise<string[]> {
    return this.run('read', folder, () => this.#disk.folders.list(folder))
  }

  makeFolder(folder: string): Promise<void> {
    return this.run('name', folder, () => this.#disk.folders.makeFolder(folder))
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('name', to, () => this.#disk.folders.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.run('name', path, () => this.#disk.folders.remove(path))
  }

  async syncFolder(folder: string): Promise<void> {
    const done = await this.run('sync-folder', folder, () => {
      this.#failBy(this.#disk.trouble.syncFails)
      return this.#disk.folders.beginSync(folder)
    })
    done()
  }

  space(): Promise<DiskSpace> {
    const { totalBytes } = this.#disk
    return this.run('read', '', () => {
      return { totalBytes, freeBytes: Math.max(0, totalBytes - this.#disk.usedBytes) }
    })
  }

  lock(path: string): Promise<DiskLock> {
    const { locks } = this.#disk
    return this.run('name', path, () => {
      if (locks.has(path)) throw new HoldfastError('HOME_IN_USE', `Someone holds ${path}`)
      locks.add(path)
      return {
        release: async () => {
          locks.delete(path)
        },
      }
    })
  }

  /** Does `work` after some simulated time; never settles when the process ended before. */
  run<Value>(operation: DiskOperation, path: string, work: () => Value, bytes = 0): Promise<Value> {
    const disk = this.#disk
    if (!this.#ended) disk.beforeOperation?.(operation, path)
    return new Promise((resolve, reject) => {
      // A dead process hears nothing any more
      if (this.#ended) return
      const delayMs = disk.random.fraction() * delayMsMax[operation] + bytes / bytesPerMs
      disk.scheduler.after(delayMs, () => {
        if (this.#ended) return
        try {
          disk.refuse(operation)
          resolve(work())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #failBy(chance: number): void {
    if (!this.#disk.random.chance(chance)) return
    this.#disk.count('disk: syncs that failed')
    throw new Error('EIO: simulated')
  }
}

interface OpenedFile {
  readonly path: string
  readonly file: SimulatedFile
  readonly direct: boolean
  readonly write: boolean
}

interface WriteUnderWay {
  readonly from: number
  readonly to: number
}

class OpenSimulatedFile implements DiskFile {
  readonly #process: DiskProcess
  readonly #disk: SimulatedMedium
  readonly #opened: OpenedFile
  readonly #writes = new Set<WriteUnderWay>()
  #closed = false

  constructor(process: DiskProcess, disk: SimulatedMedium, opened: OpenedFile) {
    this.#process = process
    this.#disk = disk
    this.#opened = opened
  }

  get alignBytes(): number {
    return this.#opened.direct ? alignBytes : 1
  }

  read(target: Uint8Array, position: number): Promise<number> {
    this.#requireOpen()
    const { path, file } = this.#opened
    const read = (): number => {
      if (this.#disk.random.chance(this.#disk.trouble.readFails)) {
        this.#disk.count('disk: reads that failed')
        throw new Error('EIO: simulated')
      }
      return file.read(target, position)
    }
    return this.#process.run('read', path, read, target.length)
  }

  async write(blocks: readonly Uint8Array[], position: number): Promise<void> {
    this.#requireWritable()
    this.#requireAligned(blocks, position)
    const { path, file } = this.#opened
    const bytes = joined(blocks)
    const underWay = this.#claim(position, position + bytes.length)
    try {
      // Part of it may reach the disk at any time from now on
      let partly = 0
      const begin = (): void => {
        partly = Math.floor(this.#disk.random.fraction() * bytes.length)
        this.#put(bytes.subarray(0, partly), position)
      }
      await this.#process.run('write', path, begin, bytes.length / 2)
      const finish = (): void => {
        assert(
          Buffer.compare(joined(blocks), bytes) === 0,
          `${path}: what is being written does not change`,
        )
        if (this.#disk.random.chance(this.#disk.trouble.writeFails)) {
          this.#disk.count('disk: writes that failed')
          throw new Error('EIO: simulated')
        }
        this.#put(bytes.subarray(partly), position + partly)
        if (bytes.length === 0) file.write(bytes, position)
      }
      await this.#process.run('read', path, finish, bytes.length / 2)
    } finally {
      this.#writes.delete(underWay)
    }
  }

  async sync(): Promise<void> {
    this.#requireWritable()
    const { path, file } = this.#opened
    const { random, trouble, folders, count } = this.#disk
    const end = await this.#process.run('sync', path, () => file.beginSync())
    await this.#process.run('read', path, () => {
      const fails = random.chance(trouble.syncFails)
      end(fails ? 'lost' : 'done', random)
      if (fails) {
        count('disk: syncs that failed')
        throw new Error('EIO: simulated')
      }
      if (folders.isNamed(file)) return
      throw new HoldfastError('DISK_GONE', `${path} was removed`)
    })
  }

  size(): Promise<number> {
    this.#requireOpen()
    const { path, file } = this.#opened
    return this.#process.run('read', path, () => file.size)
  }

  truncate(size: number): Promise<void> {
    this.#requireWritable()
    const { path, file } = this.#opened
    return this.#process.run('truncate', path, () => file.truncate(size))
  }

  async close(): Promise<void> {
    this.#requireOpen()
    this.#closed = true
  }

  #put(bytes: Uint8Array, position: number): void {
    this.#requireSpace(position, bytes.length)
    this.#opened.file.write(bytes, position)
  }

  #requireSpace(position: number, length: number): void {
    let needed = 0
    const last = Math.floor((position + length - 1) / pageBytes)
    for (let page = Math.floor(position / pageBytes); page <= last; page += 1) {
      if (!this.#opened.file.hasPage(page)) needed += pageBytes
    }
    if (needed === 0 || this.#disk.usedBytes + needed <= this.#disk.totalBytes) return
    this.#disk.count('disk: writes refused, it is full')
    throw new HoldfastError('NO_SPACE', 'The simulated disk is full')
  }

  #requireAligned(blocks: readonly Uint8Array[], position: number): void {
    if (!this.#opened.direct) return
    const { path } = this.#opened
    assert(position % alignBytes === 0, `${path}: direct writes go to aligned positions`)
    for (const block of blocks) {
      assert(isAligned(block), `${path}: direct writes are of aligned memory`)
    }
  }

  #claim(from: number, to: number): WriteUnderWay {
    for (const other of this.#writes) {
      assert(to <= other.from || from >= other.to, `${this.#opened.path}: writes do not overlap`)
    }
    const underWay = { from, to }
    this.#writes.add(underWay)
    return underWay
  }

  #requireOpen(): void {
    assert(!this.#closed, `${this.#opened.path}: a closed file is not used`)
  }

  #requireWritable(): void {
    this.#requireOpen()
    assert(this.#opened.write, `${this.#opened.path}: only files opened for writing are written`)
  }
}

function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0))
  let at = 0
  for (const block of blocks) {
    bytes.set(block, at)
    at += block.length
  }
  return bytes
}
