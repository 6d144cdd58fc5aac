import assert from 'node:assert/strict'
import { it } from 'node:test'
import { KeyLines } from './key-lines.ts'

const text = `# "not a string
top = 1
[a] # [b]
one = """
[no]
fake = 1
"""
two = [
  1, # ]
  2,
]
"three.x" = '#'
[a.b]
c.d = "\\" # no"
e = { f = 1, g = [ 2 ] }
[[l]]
n = 1
[[l]]

n = 2
`

it('finds keys past strings, comments, arrays and tables', () => {
  const lines = new KeyLines(text)
  const expected = {
    top: 2,
    a: 3,
    'a.one': 4,
    'a.two': 8,
    'a.three.x': 12,
    'a.b': 13,
    'a.b.c.d': 14,
    'a.b.e': 15,
    'a.b.e.f': 15,
    l: 16,
    'l[0]': 16,
    'l[0].n': 17,
    'l[1]': 18,
    'l[1].n': 20,
    'l[1].absent': 18,
  }
  for (const [key, line] of Object.entries(expected)) assert.equal(lines.lineOf(key), line, key)
  assert.equal(lines.lineOf('no.fake'), undefined)
})
