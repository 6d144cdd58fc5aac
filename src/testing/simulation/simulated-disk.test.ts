import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alignedBytes } from '../../base/aligned.ts'
import type { Disk } from '../../base/disk.ts'
import { diskConformance } from '../conformance/disk.ts'
import { Scheduler } from './scheduler.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimulatedDisk } from './simulated-disk.ts'

interface World {
  readonly simulated: SimulatedDisk
  readonly scheduler: Scheduler
}

function world(seed: number, totalBytes = 2 ** 30): World {
  const random = new SeededRandom(seed)
  const scheduler = new Scheduler(random.fork())
  return { simulated: new SimulatedDisk({ scheduler, random, totalBytes }), scheduler }
}

function run(work: (simulated: SimulatedDisk) => Promise<void>, options = world(1)): Promise<void> {
  return options.scheduler.run(work(options.simulated), { timeMaxMs: 1e6 })
}

diskConformance('simulated', (work) =>
  run((simulated) =>
    work({ disk: simulated.process(), other: () => Promise.resolve(simulated.process()) }),
  ),
)

async function readAll(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, {})
  const bytes = new Uint8Array(await file.size())
  await file.read(bytes, 0)
  return bytes
}

describe('a simulated crash', () => {
  it('keeps what was synced, and each other sector or not', async () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 60; seed += 1) {
      await run(async (simulated) => {
        const disk = simulated.process()
        const file = await disk.open('a', { create: true })
        await file.write([new Uint8Array(4096).fill(1)], 0)
        await file.sync()
        await disk.syncFolder('')
        await file.write([new Uint8Array(1024).fill(2)], 0)
        simulated.crash()
        const bytes = await readAll(simulated.process(), 'a')
        assert.ok(bytes.subarray(1024).every((byte) => byte === 1))
        for (const sector of [0, 512]) {
          const found = bytes[sector]!
          assert.ok(bytes.subarray(sector, sector + 512).every((byte) => byte === found))
        }
        outcomes.add(`${bytes[0]}${bytes[512]}`)
      }, world(seed))
    }
    assert.deepEqual([...outcomes].toSorted(), ['11', '12', '21', '22'])
  })

  it('loses or keeps names that no sync of their folder covers', async () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 60; seed += 1) {
      await run(async (simulated) => {
        const disk = simulated.process()
        await (await disk.open('a', { create: true })).close()
        await disk.syncFolder('')
        await disk.rename('a', 'b')
        simulated.crash()
        outcomes.add((await simulated.process().list('')).join())
      }, world(seed))
    }
    assert.deepEqual([...outcomes].toSorted(), ['a', 'b'])
  })

  it('leaves the calls of the dead process unsettled and frees its locks', () =>
    run(async (simulated) => {
      const disk = simulated.process()
      await disk.lock('lock')
      let settled = false
      const late = disk.space().finally(() => {
        settled = true
      })
      simulated.kill()
      void late
      await (await simulated.process().lock('lock')).release()
      await simulated.process().space()
      assert.equal(settled, false)
    }))
})

describe('troubles of a simulated disk', () => {
  it('a failed sync makes nothing durable, not even with the next one', () =>
    run(async (simulated) => {
      const disk = simulated.process()
      const file = await disk.open('a', { create: true })
      await file.truncate(4096)
      await file.sync()
      await disk.syncFolder('')
      await file.write([new Uint8Array(4096).fill(3)], 0)
      simulated.trouble.syncFails = 1
      await assert.rejects(file.sync(), /EIO/)
      simulated.trouble.syncFails = 0
      await file.sync()
      simulated.crash()
      assert.deepEqual(await readAll(simulated.process(), 'a'), new Uint8Array(4096))
    }))

  it('is full, read-only, gone, or another image', () =>
    run(
      async (simulated) => {
        const disk = simulated.process()
        const file = await disk.open('a', { create: true })
        await file.write([Uint8Array.of(1)], 0)
        await file.sync()
        await disk.syncFolder('')
        const image = simulated.snapshot()
        await assert.rejects(file.write([new Uint8Array(8192)], 0), { code: 'NO_SPACE' })
        simulated.readOnly = true
        await assert.rejects(file.write([Uint8Array.of(2)], 0), { code: 'READ_ONLY' })
        simulated.readOnly = false
        await file.write([Uint8Array.of(2)], 0)
        await file.sync()
        simulated.gone = true
        await assert.rejects(disk.space(), { code: 'DISK_GONE' })
        simulated.gone = false
        simulated.restore(image)
        assert.deepEqual(await readAll(simulated.process(), 'a'), Uint8Array.of(1))
        assert.ok(simulated.flipBit('a'))
        simulated.replace()
        assert.deepEqual(await simulated.process().list(''), [])
      },
      world(1, 4096),
    ))

  it('refuses misaligned, overlapping and changing direct writes', () =>
    run(async (simulated) => {
      const file = await simulated.process().open('a', { create: true, direct: true })
      await assert.rejects(file.write([new Uint8Array(4096)], 0), /aligned memory/)
      await assert.rejects(file.write([alignedBytes(4096)], 512), /aligned positions/)
      const block = alignedBytes(8192)
      const first = file.write([block], 0)
      await assert.rejects(file.write([alignedBytes(4096)], 4096), /overlap/)
      await first
      const changing = file.write([block], 0)
      block[0] = 1
      await assert.rejects(changing, /does not change/)
    }))
})
