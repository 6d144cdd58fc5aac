/** What every Disk must do: run by the real and the simulated one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alignedBytes } from '../../base/aligned.ts'
import type { Disk } from '../../base/disk.ts'

export interface DiskKit {
  /** An empty disk, as one process sees it. */
  readonly disk: Disk
  /** The same disk as another process sees it. */
  readonly other: () => Promise<Disk>
}

export type DiskHarness = (work: (kit: DiskKit) => Promise<void>) => Promise<void>

export function diskConformance(name: string, run: DiskHarness): void {
  describe(`disk: ${name}`, () => {
    it('reads what was written, zeros between, and less at the end', () =>
      run(async ({ disk }) => {
        const file = await disk.open('a', { create: true })
        await file.write([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)], 5000)
        assert.equal(await file.size(), 5003)
        const target = new Uint8Array(10).fill(9)
        assert.equal(await file.read(target, 4998), 5)
        assert.deepEqual(target, Uint8Array.of(0, 0, 1, 2, 3, 9, 9, 9, 9, 9))
        assert.equal(await file.read(target, 6000), 0)
        await file.sync()
        await file.close()
        const again = await disk.open('a', {})
        assert.equal(await again.size(), 5003)
        await again.close()
      }))

    it('writes many aligned blocks directly', () =>
      run(async ({ disk }) => {
        const file = await disk.open('a', { create: true, direct: true })
        await file.truncate(64 * 1024 * 1024)
        const blocks = Array.from({ length: 1100 }, (_, at) => alignedBytes(4096).fill(at % 251))
        await file.write(blocks, 8192)
        await file.sync()
        const reader = await disk.open('a', {})
        const target = new Uint8Array(2)
        for (const at of [0, 1, 1023, 1024, 1099]) {
          await reader.read(target, 8192 + at * 4096 + 4094)
          const next = at === 1099 ? 0 : (at + 1) % 251
          assert.equal(target[0], at % 251)
          await reader.read(target, 8192 + (at + 1) * 4096)
          assert.equal(target[0], next)
        }
        assert.equal(await reader.size(), 64 * 1024 * 1024)
        await Promise.all([file.close(), reader.close()])
      }))

    it('cuts and grows files', () =>
      run(async ({ disk }) => {
        const file = await disk.open('a', { create: true })
        await file.write([new Uint8Array(9000).fill(7)], 0)
        await file.truncate(4100)
        await file.truncate(9000)
        const target = new Uint8Array(9000)
        assert.equal(await file.read(target, 0), 9000)
        assert.deepEqual(target, new Uint8Array(9000).fill(7, 0, 4100))
        await file.close()
      }))

    it('names, lists and removes files', () =>
      run(async ({ disk }) => {
        assert.deepEqual(await disk.list('none'), [])
        await disk.makeFolder('folder')
        await disk.makeFolder('folder')
        for (const path of ['folder/b', 'folder/a', 'c']) {
          await (await disk.open(path, { create: true })).close()
        }
        assert.deepEqual(await disk.list('folder'), ['a', 'b'])
        assert.deepEqual(await disk.list(''), ['c', 'folder'])
        await disk.rename('folder/a', 'folder/b')
        await disk.remove('c')
        await disk.remove('c')
        await disk.syncFolder('folder')
        await disk.syncFolder('')
        assert.deepEqual(await disk.list('folder'), ['b'])
        await assert.rejects(disk.open('c', {}), { code: 'NOT_FOUND' })
        await assert.rejects(disk.open('none/c', { create: true }), { code: 'NOT_FOUND' })
        await assert.rejects(disk.rename('c', 'd'), { code: 'NOT_FOUND' })
      }))

    it('reads a removed file through what was opened before, and refuses to sync it', () =>
      run(async ({ disk }) => {
        const file = await disk.open('a', { create: true })
        await file.write([Uint8Array.of(1)], 0)
        await disk.remove('a')
        const target = new Uint8Array(1)
        assert.equal(await file.read(target, 0), 1)
        await assert.rejects(file.sync(), { code: 'DISK_GONE' })
        await file.close()
      }))

    it('lets one process hold a lock', () =>
      run(async ({ disk, other }) => {
        const lock = await disk.lock('lock')
        await assert.rejects(disk.lock('lock'), { code: 'HOME_IN_USE' })
        await assert.rejects((await other()).lock('lock'), { code: 'HOME_IN_USE' })
        await lock.release()
        await (await (await other()).lock('lock')).release()
      }))

    it('says how much is free', () =>
      run(async ({ disk }) => {
        const { freeBytes, totalBytes } = await disk.space()
        assert.ok(freeBytes > 0 && freeBytes <= totalBytes)
      }))
  })
}
