import * as fs from 'node:fs'
import { alignBytes, isAligned } from '../../base/aligned.ts'
import { assert } from '../../base/assert.ts'
import type { DiskFile } from '../../base/disk.ts'
import { HoldfastError } from '../../base/errors.ts'
import { diskFailure, systemCode } from './disk-failure.ts'

/** The operating system takes at most this many blocks in one call. */
const blocksMax = 1024
/** Refused by every call of `node:fs`. */
const closedDescriptor = -1

/** One open file, by the callback calls of `node:fs`: those of `node:fs/promises` cost twice the time. */
export class NodeDiskFile implements DiskFile {
  readonly #path: string
  readonly #flags: number
  #descriptor: number
  #direct: boolean

  private constructor(path: string, flags: number, opened: OpenedDescriptor) {
    this.#path = path
    this.#flags = flags
    this.#descriptor = opened.descriptor
    this.#direct = opened.direct
  }

  static async open(
    path: string,
    { flags, direct }: { readonly flags: number; readonly direct: boolean },
  ): Promise<NodeDiskFile> {
    return new NodeDiskFile(path, flags, await openDescriptor(path, flags, direct))
  }

  get alignBytes(): number {
    return this.#direct ? alignBytes : 1
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const count = await this.#readSome(target, { done, position })
      if (count === 0) break
      done += count
    }
    return done
  }

  async write(blocks: readonly Uint8Array[], position: number): Promise<void> {
    if (this.#direct) {
      for (const block of blocks) assert(isAligned(block), 'direct writes are of aligned memory')
      assert(position % alignBytes === 0, 'direct writes go to aligned positions')
    }
    let at = position
    for (let first = 0; first < blocks.length; first += blocksMax) {
      at += await this.#writeAll(blocks.slice(first, first + blocksMax), at)
    }
  }

  async sync(): Promise<void> {
    // Beside the sync, which takes far longer: a name that is lost later is as lost as one after the answer
    const [stats] = await Promise.all([
      settled<fs.Stats>((done) => fs.fstat(this.#descriptor, done)),
      settled((done) => fs.fdatasync(this.#descriptor, done)),
    ])
    if (stats.nlink > 0) return
    throw new HoldfastError('DISK_GONE', `Cannot write to ${this.#path}: it was removed`)
  }

  async size(): Promise<number> {
    return (await settled<fs.Stats>((done) => fs.fstat(this.#descriptor, done))).size
  }

  async truncate(size: number): Promise<void> {
    await settled((done) => fs.ftruncate(this.#descriptor, size, done))
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor
    assert(descriptor !== closedDescriptor, `${this.#path} is closed once`)
    // The number may belong to another file from now on
    this.#descriptor = closedDescriptor
    await settled((done) => fs.close(descriptor, done))
  }

  #readSome(
    target: Uint8Array,
    { done, position }: { readonly done: number; readonly position: number },
  ): Promise<number> {
    const length = target.length - done
    return settled((finish) =>
      fs.read(this.#descriptor, target, done, length, position + done, (error, count) =>
        finish(error, count),
      ),
    )
  }

  /** Bytes of all blocks. The system may take fewer than it was given. */
  async #writeAll(blocks: readonly Uint8Array[], position: number): Promise<number> {
    const length = blocks.reduce((sum, block) => sum + block.length, 0)
    let [rest, done] = [blocks, 0]
    while (done < length) {
      const taken = await this.#writeSome(rest, position + done)
      // What was cut within a page is written again from that page's beginning
      const counted = this.#direct ? taken - (taken % alignBytes) : taken
      if (counted === 0) throw new HoldfastError('NO_SPACE', `Cannot write to ${this.#path}`)
      rest = dropBytes(rest, counted)
      done += counted
    }
    return length
  }

  async #writeSome(blocks: readonly Uint8Array[], position: number): Promise<number> {
    try {
      return await this.#writev(blocks, position)
    } catch (error) {
      if (!this.#direct || systemCode(error) !== 'EINVAL') throw error
    }
    // Some file systems accept the flag and refuse the write
    await this.#reopenBuffered()
    return this.#writev(blocks, position)
  }

  #writev(blocks: readonly Uint8Array[], position: number): Promise<number> {
    return settled((finish) =>
      fs.writev(this.#descriptor, blocks as Uint8Array[], position, (error, count) =>
        finish(error, count),
      ),
    )
  }

  async #reopenBuffered(): Promise<void> {
    const opened = await openDescriptor(this.#path, this.#flags, false)
    const old = this.#descriptor
    this.#descriptor = opened.descriptor
    this.#direct = false
    await settled((done) => fs.close(old, done))
  }
}

interface OpenedDescriptor {
  readonly descriptor: number
  readonly direct: boolean
}

async function openDescriptor(
  path: string,
  flags: number,
  direct: boolean,
): Promise<OpenedDescriptor> {
  const open = (all: number): Promise<number> =>
    settled((done) => fs.open(path, all, 0o600, (error, descriptor) => done(error, descriptor)))
  // Undefined where the operating system has none
  const directFlag = (fs.constants as { readonly O_DIRECT?: number }).O_DIRECT
  if (direct && directFlag !== undefined) {
    try {
      return { descriptor: await open(flags | directFlag), direct: true }
    } catch (error) {
      if (systemCode(error) !== 'EINVAL') throw error
    }
  }
  return { descriptor: await open(flags), direct: false }
}

/** A callback of `node:fs` as a promise that fails as the disk's contract says. */
function settled<Value = void>(
  begin: (done: (error: Error | null, value?: Value) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    begin((error, value) => {
      if (error === null || error === undefined) resolve(value as Value)
      else reject(diskFailure('use a file', error))
    })
  })
}

function dropBytes(blocks: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count
  const rest: Uint8Array[] = []
  for (const block of blocks) {
    if (left >= block.length) left -= block.length
    else {
      rest.push(block.subarray(left))
      left = 0
    }
  }
  return rest
}
