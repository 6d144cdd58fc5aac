import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const program = join(import.meta.dirname, '../../../bin/holdfast.ts')

test('what is wrong is said in words, with what to do', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-hints-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'file')
  const home = join(folder, 'home')
  writeFileSync(file, '')
  const cases: [line: string[], exit: number, message: RegExp, hint: RegExp][] = [
    [['help', 'pt'], 2, /no command "pt"/, /Did you mean put\?/],
    [['help', 'mv'], 2, /mv is not in this version/, /--help/],
    [['status', '--home', file], 6, /Cannot make .*: there is a file in its place$/, /folder/],
    [['config', 'check', folder], 6, /Cannot read .*: it is a folder$/, /Name a file/],
    [['login', 'ada', '--password-file', `${file}s`], 3, /: no such file or directory$/, /path/],
    [['login', 'ada', '--password-file', file], 2, /has 0 bytes/, /Choose another/],
    [['ls'], 6, /Nobody is logged in here/, /No grid was started in .*: run holdfast up/],
  ]
  for (const [line, exit, message, hint] of cases) {
    const { status, stderr } = spawnSync(process.execPath, [program, ...line, '--json'], {
      env: { PATH: process.env['PATH'], HOLDFAST_HOME: home },
      encoding: 'utf8',
      input: '',
    })
    const { error } = JSON.parse(stderr) as { error: { message: string; hint: string } }
    assert.equal(status, exit, stderr)
    assert.match(error.message, message)
    assert.match(error.hint, hint)
  }
})
