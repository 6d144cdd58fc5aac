import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableMarkdown, tableText } from './table.ts'

const table = {
  title: 'Speed',
  columns: ['what', 'MB/s'],
  rows: [
    ['put', '7.10'],
    ['get of much', '1,234'],
  ],
  notes: ['In one run.'],
}

test('columns are aligned: the first to the left, numbers to the right', () => {
  assert.deepEqual(tableText(table).split('\n'), [
    'Speed',
    '───────────  ─────',
    'what          MB/s',
    '───────────  ─────',
    'put           7.10',
    'get of much  1,234',
    'In one run.',
  ])
})

test('a row with fewer cells leaves the others empty', () => {
  const lines = tableText({ title: '', columns: ['a', 'b', 'c'], rows: [['x']] }).split('\n')
  assert.equal(lines.at(-1), 'x')
})

test('in a document it is a Markdown table', () => {
  assert.equal(
    tableMarkdown(table),
    '**Speed**\n\n| what | MB/s |\n| --- | ---: |\n| put | 7.10 |\n| get of much | 1,234 |\n\nIn one run.',
  )
})

test('in a document, too, missing cells are empty', () => {
  const text = tableMarkdown({ title: 't', columns: ['a', 'b', 'c'], rows: [['x']] })
  assert.equal(text.split('\n').at(-1), '| x |  |  |')
})
