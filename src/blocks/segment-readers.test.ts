import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Disk, DiskFile } from '../base/disk.ts'
import { SegmentReaders } from './segment-readers.ts'

/** Counts what is open; fails on what is used or closed after its end. */
class CountingDisk {
  open = 0
  mostOpen = 0
  opened = 0
  readonly offences: string[] = []

  disk(): Disk {
    return { open: async (path: string) => this.#file(path) } as unknown as Disk
  }

  #file(path: string): DiskFile {
    let isOpen = true
    this.open += 1
    this.opened += 1
    this.mostOpen = Math.max(this.mostOpen, this.open)
    const read = async (target: Uint8Array): Promise<number> => {
      for (let turn = 0; turn < 3; turn += 1) {
        if (!isOpen) this.offences.push(`${path} was read after its end`)
        await Promise.resolve()
      }
      return target.length
    }
    const close = async (): Promise<void> => {
      if (!isOpen) this.offences.push(`${path} was closed twice`)
      isOpen = false
      this.open -= 1
    }
    return { read, close } as unknown as DiskFile
  }
}

const openMax = 4

describe('readers of segments', () => {
  it('serves more segments at once than may stay open, and closes each once', async () => {
    const counting = new CountingDisk()
    const readers = new SegmentReaders(counting.disk(), openMax)
    for (let round = 0; round < 3; round += 1) {
      const segments = Array.from({ length: 12 }, (_, at) => at)
      const reads = segments.map((segment) => readers.read(segment, new Uint8Array(8), 0))
      assert.deepEqual(await Promise.all(reads), Array.from({ length: 12 }).fill(8))
      await new Promise(setImmediate)
      assert.ok(counting.open <= openMax)
    }
    readers.close()
    await new Promise(setImmediate)
    assert.deepEqual(counting.offences, [])
    assert.equal(counting.open, 0)
  })

  it('keeps the most recently read ones open', async () => {
    const counting = new CountingDisk()
    const readers = new SegmentReaders(counting.disk(), openMax)
    for (const segment of [1, 2, 3, 4, 1, 5]) await readers.read(segment, new Uint8Array(8), 0)
    assert.equal(counting.opened, 5)
    await readers.read(1, new Uint8Array(8), 0)
    assert.equal(counting.opened, 5)
    await readers.read(2, new Uint8Array(8), 0)
    assert.equal(counting.opened, 6)
    assert.equal(counting.mostOpen, openMax + 1)
  })

  it('lets a reader end what it began when its segment is forgotten', async () => {
    const counting = new CountingDisk()
    const readers = new SegmentReaders(counting.disk(), openMax)
    const first = readers.read(1, new Uint8Array(8), 0)
    const second = readers.read(1, new Uint8Array(8), 0)
    readers.forget(1)
    const again = readers.read(1, new Uint8Array(8), 0)
    assert.deepEqual(await Promise.all([first, second, again]), [8, 8, 8])
    readers.close()
    await new Promise(setImmediate)
    assert.deepEqual(counting.offences, [])
    assert.equal(counting.open, 0)
  })
})
