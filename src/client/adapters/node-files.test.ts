import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { utf8 } from '../../base/bytes.ts'
import { limits } from '../../base/limits.ts'
import { unchanged } from '../engine/local-files.ts'
import { nodeFiles } from './node-files.ts'

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-local-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a file that was written while its time was set back has changed', async (t) => {
  const path = join(scratch(t), 'file')
  writeFileSync(path, 'first')
  utimesSync(path, 1_000_000, 1_000_000)
  const handle = nodeFiles.openToRead(utf8(path))
  const before = nodeFiles.stat(handle)
  assert.ok(unchanged(before, nodeFiles.stat(handle)))
  // So that the system's clock has a new time for it.
  await new Promise((resolve) => setTimeout(resolve, 20))
  writeFileSync(path, 'other')
  utimesSync(path, 1_000_000, 1_000_000)
  const after = nodeFiles.stat(handle)
  assert.deepEqual(after.modified, before.modified)
  assert.equal(unchanged(before, after), false)
  nodeFiles.close(handle)
})

test('what is written after a file was opened shows in its time', (t) => {
  const path = join(scratch(t), 'file')
  for (let round = 0; round < 10; round += 1) {
    writeFileSync(path, 'first')
    const handle = nodeFiles.openToRead(utf8(path))
    const { modified } = nodeFiles.stat(handle)
    writeFileSync(path, 'other')
    assert.notDeepEqual(nodeFiles.stat(handle).modified, modified)
    nodeFiles.close(handle)
  }
})

test('a file of the past or of the future is opened at once', (t) => {
  const path = join(scratch(t), 'file')
  writeFileSync(path, 'x')
  for (const seconds of [-5, 1_000_000, 4_000_000_000]) {
    utimesSync(path, seconds, seconds)
    const startMs = performance.now()
    for (let at = 0; at < 100; at += 1) nodeFiles.close(nodeFiles.openToRead(utf8(path)))
    assert.ok(performance.now() - startMs < 100 * limits.fileTickMs)
  }
})

test('a private folder is its owner’s only, and one that is there stays as it is', (t) => {
  const folder = scratch(t)
  const [own, open] = [join(folder, 'own'), join(folder, 'open')]
  nodeFiles.makeFolder(utf8(own), { isPrivate: true })
  assert.equal(statSync(own).mode & 0o777, 0o700)
  mkdirSync(open, { mode: 0o755 })
  nodeFiles.makeFolder(utf8(open), { isPrivate: true })
  assert.equal(statSync(open).mode & 0o777, 0o755)
})
