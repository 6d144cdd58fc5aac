import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemRandom } from '../../base/adapters/system-random.ts'
import { toHex } from '../../base/bytes.ts'
import { hasCode } from '../../base/errors.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { md5In } from '../engine/digests.ts'
import type { WindowResult } from '../engine/engine.ts'
import { batchSlotBytes } from '../engine/pack-writer.ts'
import { createThreadsEngine } from './threads-engine.ts'

const vault = '00'.repeat(16)

function engineOf() {
  const engine = createThreadsEngine({
    threads: 2,
    slotBytes: 24 * 1024 * 1024,
    primitives: createNativePrimitives(),
    random: systemRandom,
  })
  const key = new Uint8Array(32)
  engine.useVault({ vault, lifeKey: key, generationKeys: [key], packListKey: key })
  return engine
}

test('a failure in a thread is told as what it is', async () => {
  const engine = engineOf()
  const source = { kind: 'path', path: new TextEncoder().encode('/nowhere/at all'), vault } as const
  await assert.rejects(engine.openSource(source), (error) => hasCode(error, 'NOT_FOUND'))
  await assert.rejects(engine.openSource({ ...source, vault: '11'.repeat(16) }), (error) =>
    hasCode(error, 'INTERNAL'),
  )
  await engine.close()
})

test('what a closed engine had not done fails, and so does what comes', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-engine-'))
  context.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file'), new Uint8Array(900_000))
  const engine = engineOf()
  const path = new TextEncoder().encode(join(folder, 'file'))
  const { source } = await engine.openSource({ kind: 'path', path, vault })
  const slot = await engine.slots.take(900_000)
  const reading = engine.window({ source, slot, carry: undefined })
  const closed = engine.close()
  await assert.rejects(reading, (error) => hasCode(error, 'INTERRUPTED'))
  await closed
  await assert.rejects(engine.window({ source, slot, carry: undefined }), (error) =>
    hasCode(error, 'INTERRUPTED'),
  )
})

test('a batch whose contents have grown ends where its slot does', async () => {
  const engine = engineOf()
  const policy = { k: 2, m: 2 }
  const items = Array.from({ length: 40 }, (_, at) => {
    return { kind: 'content', content: new Uint8Array(at < 20 ? 10 : 60_000).fill(at + 1) } as const
  })
  const slot = await engine.slots.take(batchSlotBytes(policy, Array<number>(40).fill(10)))
  let left = items
  const packs: number[] = []
  while (left.length > 0) {
    const order = { vault, generation: 1, ...policy, pack: systemRandom.bytes(16), slot }
    const { files, pack } = await engine.batch({ ...order, items: left, digests: [] })
    assert.ok(files.length > 0 && files.every(({ kind }) => kind === 'read'))
    assert.ok(pack !== undefined && pack.shardLength * 4 <= slot.bytes)
    assert.equal(pack.chunks.length, files.length)
    packs.push(files.length)
    left = left.slice(files.length)
  }
  assert.ok(packs.length > 10 && packs[0]! > 20, packs.join(', '))
  await engine.close()
})

test('files of one window and of several are hashed right, two at once', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-engine-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const engine = engineOf()
  const windowBytes = 5 * 1024 * 1024
  const digestsOf = async (name: string, bytes: number) => {
    const content = Buffer.alloc(bytes)
    for (let at = 0; at < bytes; at += 1000) content[at] = at / 1000 + name.length
    writeFileSync(join(folder, name), content)
    const path = new TextEncoder().encode(join(folder, name))
    const handle = await engine.openSource({ kind: 'path', path, vault, digests: ['md5'] })
    const slots = [await engine.slots.take(windowBytes), await engine.slots.take(windowBytes)]
    const hashed: Promise<unknown>[] = []
    let carry: WindowResult['carry']
    for (let turn = 0; ; turn = 1 - turn) {
      await hashed[turn]
      const result = await engine.window({ source: handle.source, slot: slots[turn]!, carry })
      hashed[turn] = result.hashed
      carry = result.carry
      if (!result.end) continue
      await engine.closeSource(handle)
      const { sha256, digests } = result.end
      assert.equal(toHex(sha256), createHash('sha256').update(content).digest('hex'))
      assert.equal(toHex(md5In(digests)!), createHash('md5').update(content).digest('hex'))
      assert.equal(result.end.bytes, bytes)
      return
    }
  }
  await Promise.all([digestsOf('small', 70_000), digestsOf('larger', 14_600_000)])
  await engine.close()
})
