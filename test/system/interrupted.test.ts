/** Transfers that are killed, or interrupted by Ctrl-C, in their middle. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { sha256Of, writeContent } from './content.ts'
import { errorOf } from './grid.ts'
import { LinkedGrid } from './linked-grid.ts'

const MiB = 2 ** 20
/** What an interrupted put may have to send again. */
const unregisteredBytes = 64 * MiB

interface Stored {
  readonly ok: boolean
  readonly files: readonly { readonly newBytes: number; readonly state: string }[]
}

it('sends again at most 64 MiB after a put was killed in the middle', async (context) => {
  const linked = await LinkedGrid.start(context)
  const { grid } = linked
  const fileBytes = 200 * MiB
  const source = join(grid.scratch.folder, 'source')
  const sum = writeContent(source, 'killed', fileBytes)
  const before = linked.nodeBytes
  const put = grid.scratch.start(['put', source, 'home:/', '--json'])
  // 2+2 sends each byte twice.
  assert.ok(await linked.hasPassed(fileBytes, put), 'the put goes on at its half')
  put.process.kill('SIGKILL')
  await put.finished
  const leftBytes = fileBytes - (linked.nodeBytes - before) / 2
  assert.equal((await grid.run(['stat', 'home:/source'])).exit, 3)

  const between = linked.nodeBytes
  const again = await grid.must<Stored>('put', source, 'home:/')
  const { newBytes } = again.files[0]!
  assert.ok(newBytes > 0)
  assert.ok(newBytes <= leftBytes + unregisteredBytes, `${newBytes} new, ${leftBytes} left`)
  const sentBytes = (linked.nodeBytes - between) / 2
  assert.ok(sentBytes <= newBytes * 1.1 + MiB, `${sentBytes} sent for ${newBytes}`)
  const target = join(grid.scratch.folder, 'target')
  await grid.must('get', 'home:/source', target)
  assert.equal(sha256Of(target), sum)
})

it('ends a put and a get at Ctrl-C, leaving nothing by halves', async (context) => {
  const linked = await LinkedGrid.start(context)
  const { grid } = linked
  const fileBytes = 100 * MiB
  const source = join(grid.scratch.folder, 'source')
  const sum = writeContent(source, 'interrupted', fileBytes)
  const target = join(grid.scratch.folder, 'target')
  mkdirSync(target)
  const interrupt = async (line: readonly string[]): Promise<void> => {
    const running = grid.scratch.start([...line, '--json'])
    assert.ok(await linked.hasPassed(fileBytes / 2, running), 'it goes on by then')
    const pressedMs = performance.now()
    running.process.kill('SIGINT')
    const finished = await running.finished
    assert.equal(finished.exit, 130, finished.error)
    assert.equal(errorOf(finished).code, 'INTERRUPTED')
    assert.ok(performance.now() - pressedMs < 10_000)
  }

  await interrupt(['put', source, 'home:/'])
  assert.equal((await grid.run(['stat', 'home:/source'])).exit, 3)
  const { ok } = await grid.must<Stored>('put', source, 'home:/')
  assert.equal(ok, true)

  await interrupt(['get', 'home:/source', `${target}/`])
  assert.deepEqual(readdirSync(target), [])
  await grid.must('get', 'home:/source', `${target}/`)
  assert.equal(sha256Of(join(target, 'source')), sum)
})
