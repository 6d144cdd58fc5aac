import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'
import { localTree } from '../../testing/files/local-tree.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'

/** What a command ended with, and the places it told of. */
async function ran({ machine, folder }: FileGrid, line: string) {
  const words = line.split(' ').map((word) => word.replace(/^@/, `${folder}/`))
  const { exit, hearing, document } = await machine.run(['--json', ...words])
  const errors = hearing.errorLines.flatMap(({ error }: any) => (error ? [error.code] : []))
  const states = (document?.files ?? []).map(({ path, state }: any) => `${path} ${state}`)
  return { exit, errors, states: states.toSorted(), document }
}

/** All paths of the vault. */
async function listed(grid: FileGrid, place = 'home:/'): Promise<string[]> {
  const { document } = await ran(grid, `ls -r ${place}`)
  return document.entries.map(({ path, type }: any) => (type === 'folder' ? `${path}/` : path))
}

function write(grid: FileGrid, path: string, content = path): void {
  mkdirSync(join(grid.folder, path, '..'), { recursive: true })
  writeFileSync(join(grid.folder, path), content)
}

function read(grid: FileGrid, path: string): string {
  return readFileSync(join(grid.folder, path), 'utf8')
}

test('put: where sources land', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 'a')
    write(grid, 'b')
    write(grid, 'd/x')
    const steps: [line: string, ...paths: string[]][] = [
      ['put @a home:/a1', '/a1'],
      ['put @a home:/f/', '/f/', '/f/a'],
      ['put @b home:/f', '/f/b'],
      ['put @a home:/new/deep/name', '/new/', '/new/deep/', '/new/deep/name'],
      ['put @d home:/e', '/e/', '/e/x'],
      ['put @d home:/e', '/e/d/', '/e/d/x'],
      ['put @d/ home:/g/', '/g/', '/g/d/', '/g/d/x'],
      ['put @d/. home:/', '/x'],
      ['put @a @b @d home:/many/', '/many/', '/many/a', '/many/b', '/many/d/', '/many/d/x'],
      ['put @a @b home:/f', '/f/a', '/f/b'],
    ]
    const known = new Set<string>()
    for (const [line, ...paths] of steps) {
      const { exit } = await ran(grid, line)
      assert.equal(exit, 0, line)
      for (const path of paths) known.add(path)
      assert.deepEqual((await listed(grid)).toSorted(), [...known].toSorted(), line)
    }
  })
})

test('put: what is refused changes nothing', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 'a')
    write(grid, 'b')
    write(grid, 'd/x')
    write(grid, 't/a/below')
    await ran(grid, 'put @a @d home:/')
    const before = await listed(grid)
    const refused: [line: string, exit: number, code: string][] = [
      ['put @a @b home:/a', 2, 'BAD_USAGE'],
      ['put @a @b home:/nothing', 2, 'BAD_USAGE'],
      ['put - home:/d', 2, 'BAD_USAGE'],
      ['put - home:/e/', 2, 'BAD_USAGE'],
      ['put home:/a home:/b', 2, 'BAD_USAGE'],
      ['put @a b', 2, 'BAD_LOCATION'],
      ['put @a home:/a/', 4, 'KIND_CONFLICT'],
      ['put @d home:/a', 4, 'KIND_CONFLICT'],
      ['put @a home:/a/below', 4, 'KIND_CONFLICT'],
      ['put @t/a home:/', 4, 'KIND_CONFLICT'],
      ['put @nothing home:/', 3, 'NOT_FOUND'],
      ['put @nothing @neither home:/', 3, 'NOT_FOUND'],
      ['put @a nowhere:/', 3, 'VAULT_NOT_FOUND'],
      ['put @a home:/x --min-shards 1', 2, 'BAD_USAGE'],
      ['put @a home:/x --min-shards 5', 2, 'BAD_USAGE'],
    ]
    for (const [line, exit, code] of refused) {
      const outcome = await ran(grid, line)
      assert.deepEqual([outcome.exit, outcome.errors], [exit, [code]], line)
      assert.deepEqual(await listed(grid), before, line)
    }
    renameSync(join(grid.folder, 'd'), join(grid.folder, 'd2'))
    write(grid, 'd', 'a file over a folder')
    assert.equal((await ran(grid, 'put @d home:/')).exit, 4)
    const inside = await ran(grid, 'put @t/. home:/')
    assert.deepEqual([inside.exit, inside.states], [4, ['/a failed', '/a/below failed']])
    assert.deepEqual(await listed(grid), before)
  })
})

test('put: what cannot be read is told, and the rest goes on', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 'd/readable')
    execFileSync('mkfifo', [join(grid.folder, 'd', 'fifo')])
    symlinkSync('/dev/null', join(grid.folder, 'd', 'link-to-device'))
    const socket = createServer()
    await new Promise<void>((resolve) => {
      socket.listen(join(grid.folder, 'd', 'socket'), resolve)
    })
    const { machine } = grid
    const { files } = machine
    machine.files = {
      ...files,
      openToRead(path) {
        if (Buffer.from(path).toString().endsWith('closed')) {
          throw new HoldfastError('UNREADABLE', 'Cannot open it: permission denied')
        }
        return files.openToRead(path)
      },
      listFolder(path) {
        if (Buffer.from(path).toString().endsWith('locked')) {
          throw new HoldfastError('UNREADABLE', 'Cannot list it: permission denied')
        }
        return files.listFolder(path)
      },
    }
    write(grid, 'd/closed', 'small')
    write(grid, 'd/large-closed', 'x'.repeat(100_000))
    mkdirSync(join(grid.folder, 'd', 'locked'))
    const outcome = await ran(grid, 'put @d @nothing home:/in/')
    assert.equal(outcome.exit, 6)
    assert.deepEqual(outcome.states, [
      '/in/d/closed failed',
      '/in/d/fifo skipped',
      '/in/d/large-closed failed',
      '/in/d/link-to-device stored',
      '/in/d/locked failed',
      '/in/d/readable stored',
      '/in/d/socket skipped',
      '/in/nothing failed',
    ])
    assert.deepEqual(outcome.errors.map(String).toSorted(), [
      'NOT_FOUND',
      'UNREADABLE',
      'UNREADABLE',
    ])
    socket.close()
    const alone = await ran(grid, 'put @d/fifo home:/')
    assert.deepEqual([alone.exit, alone.states], [0, ['/fifo skipped']])
  })
})

test('put: a file that does not hold still is read afresh, and in the end told as changed', async () => {
  await withFileGrid({}, async (grid) => {
    const { machine } = grid
    const { files } = machine
    for (const [name, size] of Object.entries({ small: 1000, large: 700_000 })) {
      write(grid, 'still')
      write(grid, name, 'x'.repeat(size))
      let [opened, changes] = [0, 1]
      const path = join(grid.folder, name)
      machine.files = {
        ...files,
        openToRead(wanted) {
          if (Buffer.from(wanted).toString() === path) opened += 1
          return files.openToRead(wanted)
        },
        read(handle, target, position) {
          const count = files.read(handle, target, position)
          if (changes > 0 && count >= size) {
            changes -= 1
            writeFileSync(path, 'y'.repeat(size))
            utimesSync(path, changes, changes)
          }
          return count
        },
      }
      const once = await ran(grid, `put @${name} @still home:/`)
      assert.equal(once.exit, 0)
      assert.equal(opened, 2)
      opened = 0
      changes = limits.changedReadsMax
      const before = await listed(grid)
      await ran(grid, `rm home:/${name}`)
      const often = await ran(grid, `put @${name} @still home:/`)
      assert.equal(often.exit, 4)
      assert.deepEqual(often.states, [`/${name} changed`, '/still unchanged'].toSorted())
      assert.equal(opened, limits.changedReadsMax)
      assert.deepEqual(
        await listed(grid),
        before.filter((other) => other !== `/${name}`),
      )
    }
    machine.files = files
  })
})

test('put: a file that grows while it waits, one that is replaced, a folder that vanishes', async () => {
  await withFileGrid({}, async (grid) => {
    const { machine } = grid
    const { files } = machine
    const grown = new SeededRandom(1).bytes(6_000_000)
    write(grid, 'd/a/x')
    write(grid, 'd/grows', 'x')
    write(grid, 'd/grows-too', 'x'.repeat(70_000))
    write(grid, 'd/z/gone')
    let first = true
    machine.files = {
      ...files,
      openToRead(path) {
        if (first) {
          first = false
          writeFileSync(join(grid.folder, 'd/grows'), grown)
          writeFileSync(join(grid.folder, 'd/grows-too'), grown)
        }
        return files.openToRead(path)
      },
      listFolder(path) {
        const names = files.listFolder(path)
        if (Buffer.from(path).toString().endsWith('/z')) {
          rmSync(join(grid.folder, 'd/z'), { recursive: true })
        }
        return names
      },
    }
    const outcome = await ran(grid, 'put @d home:/')
    assert.equal(outcome.exit, 3)
    assert.deepEqual(outcome.states, [
      '/d/a/x stored',
      '/d/grows stored',
      '/d/grows-too stored',
      '/d/z/gone failed',
    ])
    machine.files = files
    for (const name of ['grows', 'grows-too']) {
      const { hearing } = await machine.run(['cat', `home:/d/${name}`])
      assert.deepEqual(hearing.out, grown)
    }
  })
})

test('get: where sources land', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 's/a', 'a')
    write(grid, 's/d/x', 'x')
    await ran(grid, 'put @s/. home:/')
    rmSync(join(grid.folder, 's'), { recursive: true })
    const steps: [line: string, ...paths: string[]][] = [
      ['get home:/a @a1', 'a1'],
      ['get home:/a @f/', 'f', 'f/a'],
      ['get home:/d @f', 'f/d', 'f/d/x'],
      ['get home:/d/ @e/', 'e', 'e/d', 'e/d/x'],
      ['get home:/d @new/deep/name', 'new', 'new/deep', 'new/deep/name', 'new/deep/name/x'],
      ['get home:/ @root', 'root', 'root/a', 'root/d', 'root/d/x'],
      ['get home:/ @f', 'f/a', 'f/d'],
      ['get home:/a home:/d @many/', 'many', 'many/a', 'many/d', 'many/d/x'],
      ['get home:/a @a1'],
    ]
    const known = new Set<string>()
    for (const [line, ...paths] of steps) {
      const { exit, errors } = await ran(grid, line)
      assert.deepEqual([exit, errors], [0, []], line)
      for (const path of paths) known.add(path)
      assert.deepEqual(Object.keys(localTree(grid.folder)).toSorted(), [...known].toSorted(), line)
    }
    symlinkSync('e', join(grid.folder, 'to-e'))
    assert.equal((await ran(grid, 'get home:/a @to-e')).exit, 0)
    assert.equal(read(grid, 'e/a'), 'a')
    rmSync(join(grid.folder, 'e', 'a'))
    assert.equal((await ran(grid, 'get home:/ @to-e')).exit, 0)
    assert.equal(read(grid, 'e/a'), 'a')
  })
})

test('get: what is refused changes nothing', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 's/a', 'a')
    write(grid, 's/d/x', 'x')
    await ran(grid, 'put @s/. home:/')
    rmSync(join(grid.folder, 's'), { recursive: true })
    write(grid, 'file')
    mkdirSync(join(grid.folder, 'folder', 'a'), { recursive: true })
    write(grid, 'other/d', 'a file')
    const before = localTree(grid.folder)
    const refused: [line: string, exit: number, code: string][] = [
      ['get home:/a home:/d @file', 2, 'BAD_USAGE'],
      ['get home:/a home:/d @nothing', 2, 'BAD_USAGE'],
      ['get home:/a home:/b', 2, 'BAD_USAGE'],
      ['get a @b', 2, 'BAD_LOCATION'],
      ['get home:/a @file/', 4, 'KIND_CONFLICT'],
      ['get home:/d @file', 4, 'KIND_CONFLICT'],
      ['get home:/ @file', 4, 'KIND_CONFLICT'],
      ['get home:/a @folder', 4, 'KIND_CONFLICT'],
      ['get home:/d @other', 4, 'KIND_CONFLICT'],
      ['get home:/nothing @b', 3, 'NOT_FOUND'],
      ['get home:/nothing home:/a/below @b/', 3, 'NOT_FOUND'],
      ['get nowhere:/ @b', 3, 'VAULT_NOT_FOUND'],
      ['get home:/d -', 4, 'KIND_CONFLICT'],
      ['cat home:/d', 4, 'KIND_CONFLICT'],
      ['cat home:/nothing', 3, 'NOT_FOUND'],
    ]
    for (const [line, exit, code] of refused) {
      const outcome = await ran(grid, line)
      assert.deepEqual([outcome.exit, outcome.errors], [exit, [code]], line)
      assert.deepEqual(localTree(grid.folder), before, line)
    }
    const some = await ran(grid, 'get home:/nothing home:/a @some/')
    assert.deepEqual([some.exit, some.states], [3, ['/a written', '/nothing failed']])
    assert.equal(read(grid, 'some/a'), 'a')
  })
})

test('get: goes over what is there, never through a link, leaving no temporary file', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 's/d/file', 'new')
    write(grid, 's/d/over-link', 'new')
    write(grid, 's/d/folder/x', 'new')
    write(grid, 's/d/via/x', 'new')
    symlinkSync('target', join(grid.folder, 's/d/link'))
    write(grid, 's/d/large', 'l'.repeat(300_000))
    await ran(grid, 'put @s/d home:/')
    write(grid, 'to/d/file', 'old')
    chmodSync(join(grid.folder, 'to/d/file'), 0o400)
    write(grid, 'to/d/folder/kept', 'kept')
    write(grid, 'to/d/link', 'was a file')
    mkdirSync(join(grid.folder, 'outside'))
    symlinkSync('../../outside', join(grid.folder, 'to/d/via'))
    symlinkSync('../../outside', join(grid.folder, 'to/d/over-link'))
    mkdirSync(join(grid.folder, 'to/d/large'))
    const outcome = await ran(grid, 'get home:/d @to/')
    assert.equal(outcome.exit, 4)
    assert.deepEqual(outcome.states, [
      '/d/file written',
      '/d/folder/x written',
      '/d/large failed',
      '/d/link written',
      '/d/over-link written',
      '/d/via failed',
      '/d/via/x failed',
    ])
    assert.deepEqual(readdirSync(join(grid.folder, 'outside')), [])
    const tree = localTree(join(grid.folder, 'to'))
    assert.deepEqual(Object.keys(tree).toSorted(), [
      'd',
      'd/file',
      'd/folder',
      'd/folder/kept',
      'd/folder/x',
      'd/large',
      'd/link',
      'd/over-link',
      'd/via',
    ])
    assert.equal(tree['d/over-link']?.kind, 'file')
    assert.equal(tree['d/link']?.content, 'target')
  })
})

test('get: a folder that is swapped for a link meanwhile is not followed', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 's/d/small', 'x')
    write(grid, 's/d/large', 'l'.repeat(300_000))
    await ran(grid, 'put @s/d home:/')
    mkdirSync(join(grid.folder, 'outside'))
    const { machine } = grid
    const { files } = machine
    let swapped = false
    machine.files = {
      ...files,
      create(path) {
        if (!swapped) {
          swapped = true
          renameSync(join(grid.folder, 'to/d'), join(grid.folder, 'moved'))
          symlinkSync('../outside', join(grid.folder, 'to/d'))
        }
        return files.create(path)
      },
    }
    await ran(grid, 'get home:/d @to/')
    machine.files = files
    assert.deepEqual(readdirSync(join(grid.folder, 'outside')), [])
    assert.deepEqual(readdirSync(join(grid.folder, 'moved')).toSorted(), ['large', 'small'])
  })
})

test('get: temporary files of long ago are removed, others are left', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 's/d/file', 'x')
    await ran(grid, 'put @s/d home:/')
    write(grid, 'to/d/.holdfast-0123456789abcdef.part')
    write(grid, 'to/d/.holdfast-fedcba9876543210.part')
    write(grid, 'to/d/.holdfast-mine.part')
    const { machine } = grid
    const { files } = machine
    const nowMs = machine.process!.clock.nowMs()
    machine.files = {
      ...files,
      statPath(path) {
        const stat = files.statPath(path)
        const isOld = Buffer.from(path).toString().includes('0123')
        return stat && { ...stat, touchedMs: nowMs - (isOld ? limits.partStaleMs + 1000 : 1000) }
      },
    }
    assert.equal((await ran(grid, 'get home:/d @to/')).exit, 0)
    machine.files = files
    assert.deepEqual(readdirSync(join(grid.folder, 'to/d')).toSorted(), [
      '.holdfast-fedcba9876543210.part',
      '.holdfast-mine.part',
      'file',
    ])
  })
})

test('rm: what is there goes, what is not is told', async () => {
  await withFileGrid({}, async (grid) => {
    write(grid, 's/a')
    write(grid, 's/d/x')
    mkdirSync(join(grid.folder, 's/empty'))
    await ran(grid, 'put @s/. home:/')
    const steps: [line: string, exit: number, ...left: string[]][] = [
      ['rm home:/d', 4, '/a', '/d/', '/d/x', '/empty/'],
      ['rm home:/', 2, '/a', '/d/', '/d/x', '/empty/'],
      ['rm home:/nothing home:/a', 3, '/d/', '/d/x', '/empty/'],
      ['rm home:/a', 3, '/d/', '/d/x', '/empty/'],
      ['rm home:/empty', 0, '/d/', '/d/x'],
      ['rm -r home:/d', 0],
    ]
    for (const [line, exit, ...left] of steps) {
      assert.equal((await ran(grid, line)).exit, exit, line)
      assert.deepEqual(await listed(grid), left, line)
    }
  })
})
