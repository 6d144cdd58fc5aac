import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { Namespace } from './namespace.ts'

it('mounts and lays cables where only the test sees it', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-namespace-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'outside'), '')
  const first = await Namespace.make(context)
  first.do('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', folder)
  first.do('touch', join(folder, 'inside'))
  assert.equal(first.do('ls', folder), 'inside\n')
  assert.deepEqual(readdirSync(folder), ['outside'])
  const second = await Namespace.make(context, first)
  first.do('ip', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'netns', String(second.pid))
  assert.match(second.do('ip', 'link'), /veth0/)
})

it('says what a test needs where there are no namespaces', async (context) => {
  const { PATH } = process.env
  context.after(() => (process.env['PATH'] = PATH))
  process.env['PATH'] = '/nonexistent'
  await assert.rejects(
    Namespace.make(context),
    /^AssertionError.*: this test needs Linux with user namespaces$/,
  )
})
