import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { sampleEntry, sampleId } from '../../testing/client/sample-entry.ts'
import { samplePath } from '../../testing/client/sample-file.ts'
import { sampleFolder, sampleIndex } from '../../testing/client/sample-index.ts'
import { PathFinder, resolvePath } from './resolve-path.ts'

const vault = sampleId(0)

test('a path leads to a file, a link, a folder, nowhere, or against a file', () => {
  const index = sampleIndex(
    sampleFolder(1, 'd'),
    sampleEntry(2, { text: 'f', parent: sampleId(1) }),
    sampleEntry(3, { text: 'l', kind: 'link', parent: sampleId(1) }),
    sampleEntry(4, { text: 'both' }),
    sampleFolder(5, 'both'),
    sampleEntry(6, { text: 'below', parent: sampleId(5) }),
    sampleFolder(7, 'gone', { tombstone: true }),
    sampleEntry(8, { text: 'kept', parent: sampleId(7) }),
  )
  const finder = new PathFinder(index, vault)
  const find = (path: string) => {
    const found = resolvePath(index, { vault, path: samplePath(path) })
    assert.deepEqual(finder.find(samplePath(path)), found)
    return found
  }
  assert.deepEqual(find('/'), { kind: 'root', folder: vault })
  assert.equal(find('d').kind, 'folder')
  assert.equal(find('d/f').kind, 'file')
  assert.equal(find('d/l').kind, 'link')
  assert.equal(find('both').kind, 'file')
  assert.equal(find('both/below').kind, 'file')
  assert.deepEqual(find('d/x/y'), { kind: 'missing', folder: sampleId(1), found: 1 })
  assert.deepEqual(find('gone/kept'), { kind: 'missing', folder: vault, found: 0 })
  const blocked = find('d/f/x')
  assert.deepEqual([blocked.kind, 'found' in blocked && blocked.found], ['blocked', 1])
})

test('paths of one folder are found with one look each, and its changes after some time', () => {
  const index = sampleIndex(
    sampleFolder(1, 'd'),
    sampleEntry(2, { text: 'f', parent: sampleId(1) }),
  )
  const asked: string[] = []
  const counted = new Proxy(index, {
    get(target, name: keyof typeof index) {
      if (name === 'child' || name === 'named') asked.push(name)
      return target[name].bind(target)
    },
  })
  const finder = new PathFinder(counted, vault)
  const above = samplePath('d')
  assert.equal(finder.find([...above, ...samplePath('f')]).kind, 'file')
  assert.deepEqual(asked.splice(0), ['named', 'named'])
  for (let at = 1; at < limits.batchFilesMax; at += 1) {
    assert.equal(finder.find([...above, ...samplePath('g')]).kind, 'missing')
    assert.deepEqual(asked.splice(0), ['named'])
  }
  finder.find([...above, ...samplePath('f')])
  assert.equal(asked.length, 2)
})
