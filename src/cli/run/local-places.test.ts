import assert from 'node:assert/strict'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8, utf8ToText } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { nodeFiles } from '../../client/adapters/node-files.ts'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'

async function ran({ machine, folder }: FileGrid, line: string) {
  const words = line.split(' ').map((word) => word.replace(/^@/, `${folder}/`))
  const { exit, hearing, document } = await machine.run(['--json', ...words])
  const lines = hearing.errorLines as any[]
  const errors = lines.flatMap(({ error }) => (error ? [error] : []))
  const notes = lines.flatMap(({ note }) => (note ? [note] : []))
  return { exit, errors, notes, document, hearing }
}

async function told({ machine, folder }: FileGrid, line: string) {
  const words = line.split(' ').map((word) => word.replace(/^@/, `${folder}/`))
  const { exit, hearing } = await machine.run(words)
  return { exit, out: hearing.text, error: hearing.error }
}

function write(grid: FileGrid, path: string, content = path): void {
  mkdirSync(join(grid.folder, path, '..'), { recursive: true })
  writeFileSync(join(grid.folder, path), content)
}

test('two sources that would become one thing are refused before anything is sent', async () => {
  await withFileGrid({}, async (grid) => {
    for (const path of ['x/s', 'y/s', 'x/d/a', 'y/d/b']) write(grid, path)
    for (const line of ['@x/s @y/s home:/to/', '@x/d @y/d/ home:/to/', '@x/. @y/. home:/to/']) {
      const put = await ran(grid, `put ${line}`)
      assert.deepEqual([put.exit, put.errors[0].code], [2, 'BAD_USAGE'], line)
      assert.match(put.errors[0].message, /^Both .* and .* would become home:\/to/)
    }
    assert.deepEqual((await ran(grid, 'ls -r home:/')).document.entries, [])
    assert.equal((await ran(grid, 'put @x @y home:/')).exit, 0)
    const get = await ran(grid, 'get home:/x/s home:/y/s @out/')
    assert.deepEqual([get.exit, get.errors[0].code], [2, 'BAD_USAGE'])
    assert.equal(existsSync(join(grid.folder, 'out')), false)
    assert.equal((await ran(grid, 'get home:/x/s home:/y/d @out/')).exit, 0)
  })
})

test('of a folder that cannot be listed nothing is stored', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 'from/closed/a')
    write(grid, 'from/open/b')
    grid.machine.files = {
      ...nodeFiles,
      listFolder(path) {
        if (!utf8ToText(path).endsWith('/closed')) return nodeFiles.listFolder(path)
        throw new HoldfastError('UNREADABLE', 'Cannot list it: permission denied')
      },
    }
    const put = await ran(grid, 'put @from home:/')
    assert.equal(put.exit, 6)
    const paths = (await ran(grid, 'ls -r home:/')).document.entries.map(({ path }: any) => path)
    assert.deepEqual(paths, ['/from', '/from/open', '/from/open/b'])
  })
})

test('times come back to the nanosecond', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 'from/a')
    const modified = { seconds: 1_577_934_245, nanoseconds: 123_456_789 }
    for (const name of ['from/a', 'from']) {
      const path = utf8(join(grid.folder, name))
      const handle = nodeFiles.openFolder(utf8(join(grid.folder, 'from')), { follow: false })
      nodeFiles.setLinkTime(path, modified)
      nodeFiles.close(handle)
    }
    assert.equal((await ran(grid, 'put @from home:/')).exit, 0)
    assert.equal((await ran(grid, 'get home:/from @to')).exit, 0)
    for (const name of ['to/a', 'to']) {
      const { mtimeNs } = lstatSync(join(grid.folder, name), { bigint: true })
      assert.equal(mtimeNs, 1_577_934_245_123_456_789n, name)
    }
  })
})

test('what was done is a note: standard output is for data, --quiet for nothing', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 'a')
    const put = await told(grid, 'put @a home:/')
    assert.equal(put.out, '')
    assert.match(put.error, /^stored 1 file, 1 B; /)
    for (const line of ['put @a home:/b', 'get home:/a @got', 'rm home:/b', 'vault create two']) {
      assert.deepEqual(await told(grid, `${line} --quiet`), { exit: 0, out: '', error: '' }, line)
    }
    assert.equal(readFileSync(join(grid.folder, 'got'), 'utf8'), 'a')
  })
})

test('errors name what was typed, once, with what to do', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 'a')
    write(grid, 'd/x')
    await ran(grid, 'put @a @d home:/')
    const removals: [line: string, ...messages: RegExp[]][] = [
      ['rm home:/nosuch', /^There is no home:\/nosuch$/],
      ['rm home:/d', /^Cannot remove home:\/d: it is not empty$/],
      ['rm home:/d home:/x', /^Cannot remove home:\/d: it is not/, /^There is no home:\/x$/],
    ]
    for (const [line, ...messages] of removals) {
      const { errors } = await ran(grid, line)
      assert.equal(errors.length, messages.length, line)
      for (const [at, message] of messages.entries()) assert.match(errors[at].message, message)
    }
    const put = await ran(grid, 'put @a @nosuch home:/several/')
    assert.match(put.errors[0].message, /There is no ".*nosuch" on this machine/)
    assert.equal(put.errors[0].hint, 'Check the path')
  })
})

test('a part of a file has no checksum of the whole, and an empty part is noted', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 'a', 'some text')
    await ran(grid, 'put @a home:/')
    const documentOf = ({ hearing }: Awaited<ReturnType<typeof ran>>): any =>
      hearing.errorLines.find((line: any) => line.files)
    const whole = documentOf(await ran(grid, 'cat home:/a'))
    assert.equal(whole.files[0].sha256?.length, 64)
    const part = await ran(grid, 'cat home:/a --range 0-3')
    assert.deepEqual(
      [documentOf(part).files[0].bytes, documentOf(part).files[0].sha256],
      [4, undefined],
    )
    const beyond = await ran(grid, 'cat home:/a --range 100-200')
    assert.deepEqual([beyond.exit, beyond.notes.length], [0, 1])
    assert.match(beyond.notes[0], /nothing of the 9 bytes/)
  })
})

test('ls without a location: each vault, also as an entry', async () => {
  await withFileGrid({}, async (grid) => {
    const { document } = await ran(grid, 'ls')
    assert.equal(document.vaults[0].name, 'home')
    const [entry] = document.entries
    assert.deepEqual([entry.vault, entry.path, entry.type], ['home', '/', 'folder'])
  })
})

test('a tree that is deeper than any path comes back as it was', async () => {
  if (!existsSync('/proc/self/fd')) return
  await withFileGrid({}, async (grid) => {
    const names = Array.from({ length: 30 }, (_, at) => `${at}-${'d'.repeat(200)}`)
    makeDeep(join(grid.folder, 'from'), names, 'at the end')
    const put = await ran(grid, 'put @from home:/')
    assert.equal(put.exit, 0, put.hearing.error)
    const stored = put.document.files.at(-1)
    assert.ok(stored.path.length > 6000 && stored.path.endsWith('/file'))
    const get = await ran(grid, 'get home:/from @to')
    assert.equal(get.exit, 0, get.hearing.error)
    assert.equal(readDeep(join(grid.folder, 'to'), names), 'at the end')
  })
})

/** From handle to handle, as no path could. */
function makeDeep(top: string, names: readonly string[], content: string): void {
  mkdirSync(top)
  const end = follow(top, names, (folder) => mkdirSync(folder))
  writeFileSync(`/proc/self/fd/${end}/file`, content)
  closeSync(end)
}

function readDeep(top: string, names: readonly string[]): string {
  const end = follow(top, names)
  const text = readFileSync(`/proc/self/fd/${end}/file`, 'utf8')
  closeSync(end)
  return text
}

function follow(top: string, names: readonly string[], visit?: (folder: string) => void): number {
  let handle = openSync(top, 'r')
  for (const name of names) {
    const folder = `/proc/self/fd/${handle}/${name}`
    visit?.(folder)
    const next = openSync(folder, 'r')
    closeSync(handle)
    handle = next
  }
  return handle
}
