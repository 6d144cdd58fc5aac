import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8 } from '../../base/bytes.ts'
import { nodeFiles } from './node-files.ts'
import { pathText } from './path-text.ts'

test('paths are told as a user knows them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-paths-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  assert.equal(pathText(utf8('a b')), '"a b"')
  assert.equal(pathText(utf8('/x/.holdfast-0123456789abcdef.part')), 'a file in "/x"')
  assert.match(pathText(utf8(`/${'d/'.repeat(3000)}`)), /^.{120} … .{120} \(6001 bytes\)$/)
  if (!existsSync('/proc/self/fd')) return
  const handle = nodeFiles.openFolder(utf8(folder), { follow: false })
  const inside = nodeFiles.inFolder(handle, utf8('name'))
  assert.equal(pathText(inside), JSON.stringify(`${folder}/name`))
  nodeFiles.close(handle)
})

test('a name or path that the system does not take is told with its length and a way out', () => {
  const name = utf8(`/tmp/${'n'.repeat(300)}`)
  assert.throws(() => nodeFiles.create(name), {
    code: 'BAD_NAME',
    message: /^Cannot create .{1,300}: name too long$/,
    hint: /shorter name of your own/,
  })
  assert.throws(() => nodeFiles.openToRead(utf8(`/tmp/${'d/'.repeat(3000)}x`)), {
    code: 'BAD_NAME',
    hint: /from a folder nearer to it/,
  })
})
