import assert from 'node:assert/strict'
import { it } from 'node:test'
import { concatBytes, utf8ToText } from '../base/bytes.ts'
import { FileList, type ListedFile } from './file-list.ts'

const error = { code: 'NOT_FOUND', message: 'No', hint: 'x' } as const

function parsed(list: FileList<ListedFile>): unknown {
  return JSON.parse(utf8ToText(concatBytes([...list.jsonText()])))
}

it('keeps sums, what has an error, and the JSON of all', () => {
  const list = new FileList<ListedFile>((file) => file)
  assert.deepEqual(parsed(list), [])
  const files: ListedFile[] = Array.from({ length: 5000 }, (_, at) =>
    at % 1000 === 7
      ? { state: 'failed', bytes: 0, error }
      : { state: 'stored', bytes: at, newBytes: 1 },
  )
  for (const file of files) list.add(file)
  assert.deepEqual(parsed(list), files)
  assert.deepEqual(
    list.troubles,
    files.filter((file) => file.error),
  )
  assert.equal(list.length, 5000)
  assert.equal(list.sums('stored').files, 4995)
  assert.equal(list.sums('stored').newBytes, 4995)
  assert.deepEqual(list.sums('other'), { files: 0, bytes: 0, newBytes: 0 })
})

it('makes no JSON that nobody reads', () => {
  const list = new FileList<ListedFile>(undefined)
  list.add({ state: 'stored', bytes: 1 })
  assert.deepEqual(parsed(list), [])
})
