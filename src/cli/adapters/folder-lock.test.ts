import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { lockFolder } from './folder-lock.ts'

it('locks once at a time, also with a file that was damaged', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-lock-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'lock')
  for (const text of ['', 'garbage'.repeat(2000)]) {
    writeFileSync(path, text)
    const lock = lockFolder(path, folder)
    assert.throws(() => lockFolder(path, folder), { code: 'HOME_IN_USE' })
    lock.release()
    lockFolder(path, folder).release()
  }
})
