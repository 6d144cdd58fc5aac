import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytes, utf8ToText } from '../../base/bytes.ts'
import { limits } from '../../base/limits.ts'
import { sampleEntry, sampleId } from '../../testing/client/sample-entry.ts'
import { sampleFolder, sampleIndex } from '../../testing/client/sample-index.ts'
import { hasChild, listFolder } from './list-folder.ts'
import { formatPath } from './path.ts'

const vault = sampleId(0)

test('a listing goes through everything, in order, however many there are', () => {
  const count = limits.indexSliceEntriesMax * 2 + 3
  const files = Array.from({ length: count }, (_, at) =>
    sampleEntry(10 + at, { text: `${(at * 7919) % count}` }),
  )
  const index = sampleIndex(
    ...files,
    sampleFolder(1, '5'),
    sampleEntry(2, { text: 'in', parent: sampleId(1) }),
    sampleFolder(3, 'empty', { implicit: true }),
    sampleFolder(4, 'full', { implicit: true }),
    sampleFolder(5, 'nested', { implicit: true, parent: sampleId(4) }),
    sampleEntry(6, { text: 'x', parent: sampleId(5) }),
  )
  const flat = [...listFolder(index, { folder: vault })]
  assert.equal(flat.length, count + 2)
  for (let at = 1; at < flat.length; at += 1) {
    assert.ok(compareBytes(flat[at - 1]!.entry.name, flat[at]!.entry.name) <= 0)
  }
  const deep = [...listFolder(index, { folder: vault, recursive: true })]
  const paths = deep.map(({ path }) => utf8ToText(formatPath(path)))
  assert.equal(deep.length, count + 5)
  const at = paths.lastIndexOf('/5')
  assert.deepEqual(paths.slice(at, at + 2), ['/5', '/5/in'])
  assert.deepEqual(paths.slice(-3), ['/full', '/full/nested', '/full/nested/x'])
  assert.equal(hasChild(index, sampleId(3)), false)
  assert.equal(hasChild(index, sampleId(4)), true)
})

test('a listing lives with changes while it goes on', () => {
  const files = Array.from({ length: 1200 }, (_, at) =>
    sampleEntry(10 + at, { text: String(at).padStart(4, '0') }),
  )
  const index = sampleIndex(...files)
  const seen: string[] = []
  for (const { entry } of listFolder(index, { folder: vault })) {
    seen.push(utf8ToText(entry.name))
    if (seen.length === 1) {
      index.transaction(() => {
        index.putEntry({ ...files[1100]!, tombstone: true })
        index.putEntry(sampleEntry(5000, { text: '0000a' }))
        index.putEntry(sampleEntry(5001, { text: '9' }))
      })
    }
  }
  assert.equal(new Set(seen).size, seen.length)
  assert.ok(!seen.includes('1100') && seen.includes('9') && seen.includes('1199'))
})
