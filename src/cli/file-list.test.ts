import assert from 'node:assert/strict'
import { it } from 'node:test'
import { concatBytes, utf8ToText } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
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
  assert.deepEqual(list.troubles, [{ first: files[7], error, files: 5 }])
  assert.equal(list.length, 5000)
  assert.equal(list.sums('stored').files, 4995)
  assert.equal(list.sums('stored').newBytes, 4995)
  assert.deepEqual(list.sums('other'), { files: 0, bytes: 0, newBytes: 0 })
})

it('keeps few errors of many files, and counts them all', () => {
  const list = new FileList<ListedFile>(undefined)
  const count = 3 * limits.troublesMax
  for (let at = 0; at < count; at += 1) {
    const { code } = at % 2 === 0 ? error : ({ code: 'UNREADABLE' } as const)
    list.add({ state: 'failed', bytes: 0, error: { ...error, code, message: `No ${at}` } })
  }
  const { troubles } = list
  assert.equal(troubles.length, limits.troublesMax + 2)
  assert.equal(
    troubles.reduce((sum, { files }) => sum + files, 0),
    count,
  )
})

it('makes no JSON that nobody reads', () => {
  const list = new FileList<ListedFile>(undefined)
  list.add({ state: 'stored', bytes: 1 })
  assert.deepEqual(parsed(list), [])
})
