import assert from 'node:assert/strict'
import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8 } from '../../base/bytes.ts'
import type { FileTime } from '../engine/local-files.ts'
import { loadExactTimes } from './exact-times.ts'
import { nodeFiles } from './node-files.ts'

const times: readonly FileTime[] = [
  { seconds: 1_577_934_245, nanoseconds: 123_456_789 },
  { seconds: 1_000_000_000, nanoseconds: 1 },
  { seconds: 0, nanoseconds: 0 },
  { seconds: -5, nanoseconds: 999_999_999 },
  { seconds: 2_000_000_000, nanoseconds: 999_999_999 },
]

test('times are set to the nanosecond: of files, folders and links', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-times-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'file')
  const link = join(folder, 'link')
  writeFileSync(file, 'x')
  symlinkSync('nowhere', link)
  for (const modified of times) {
    for (const path of [file, folder]) {
      const handle = openSync(path, 'r')
      nodeFiles.setStat(handle, { mode: 0o700, modified })
      closeSync(handle)
      assert.deepEqual(nodeFiles.statPath(utf8(path))?.modified, modified, path)
    }
    nodeFiles.setLinkTime(utf8(link), modified)
    assert.deepEqual(nodeFiles.statPath(utf8(link))?.modified, modified)
  }
  assert.equal(lstatSync(link).isSymbolicLink(), true)
  assert.throws(() => nodeFiles.setLinkTime(utf8(join(folder, 'none')), times[0]!), {
    code: 'NOT_FOUND',
  })
})

test('what cannot be set is said to be not set', () => {
  const exact = loadExactTimes()
  assert.equal(exact?.setOpen(9999, times[0]!) ?? false, false)
  assert.equal(exact?.setPath(utf8('/nowhere/at/all'), times[0]!) ?? false, false)
})
