import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { diskConformance, type DiskKit } from '../../testing/conformance/disk.ts'
import { openNodeDisk } from './node-disk.ts'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-disk-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function inNewDisk(work: (kit: DiskKit) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const open = () => openNodeDisk(join(folder, 'disk'))
    await work({ disk: await open(), other: open })
  })
}

diskConformance('node:fs', inNewDisk)

it('notices that its folder was removed, moved or replaced', () =>
  inFolder(async (folder) => {
    const root = join(folder, 'disk')
    const disk = await openNodeDisk(root)
    await (await disk.open('a', { create: true })).close()
    await rename(root, join(folder, 'elsewhere'))
    await assert.rejects(disk.space(), { code: 'DISK_GONE' })
    await assert.rejects(disk.open('a', {}), { code: 'DISK_GONE' })
    await openNodeDisk(root)
    await assert.rejects(disk.space(), { code: 'DISK_GONE' })
    await assert.rejects(disk.lock('lock'), { code: 'DISK_GONE' })
    await assert.rejects(openNodeDisk(join(folder, 'none', 'disk')), { code: 'DISK_GONE' })
  }))

it('locks with a file that was damaged: nothing is kept in it', () =>
  inFolder(async (folder) => {
    const disk = await openNodeDisk(folder)
    await writeFile(join(folder, 'lock'), 'garbage'.repeat(2000))
    const lock = await disk.lock('lock')
    const other = await openNodeDisk(folder)
    await assert.rejects(other.lock('lock'), { code: 'HOME_IN_USE' })
    await lock.release()
    await (await other.lock('lock')).release()
  }))

it('is freed when the process that locked it is killed', () =>
  inFolder(async (folder) => {
    const script = `
      const { openNodeDisk } = await import(${JSON.stringify(join(import.meta.dirname, 'node-disk.ts'))})
      await (await openNodeDisk(${JSON.stringify(folder)})).lock('lock')
      console.log('held')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const disk = await openNodeDisk(folder)
    await assert.rejects(disk.lock('lock'), { code: 'HOME_IN_USE' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await disk.lock('lock')).release()
  }))
