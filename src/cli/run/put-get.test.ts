import assert from 'node:assert/strict'
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'
import { localTree } from '../../testing/files/local-tree.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Runs a command that must end well. */
async function done({ machine }: FileGrid, ...line: (string | Uint8Array)[]): Promise<any> {
  const { exit, hearing, document } = await machine.run(['--json', ...line])
  assert.equal(exit, 0, `${line.join(' ')}: ${hearing.error}`)
  return document
}

test('files of every size around the bounds come back as they were', async () => {
  const random = new SeededRandom(7)
  const bounds = [0, 1, 64 * KiB, 256 * KiB, 4 * MiB - 4096]
  const sizes = new Set(bounds.flatMap((size) => [size - 1, size, size + 1]))
  sizes.delete(-1)
  await withFileGrid({}, async (grid) => {
    const from = join(grid.folder, 'from')
    mkdirSync(from)
    for (const size of sizes) writeFileSync(join(from, `${size}`), random.bytes(size))
    // What content never ends: chunks of the greatest length.
    writeFileSync(join(from, 'zeros'), new Uint8Array(9 * MiB))
    writeFileSync(join(from, 'pages'), random.bytes(9 * MiB))
    const put = await done(grid, 'put', from, 'home:/all')
    assert.equal(put.files.length, sizes.size + 2)
    for (const file of put.files) assert.equal(file.state, 'stored')
    await done(grid, 'get', 'home:/all', join(grid.folder, 'to'))
    assert.deepEqual(localTree(join(grid.folder, 'to')), localTree(from))
    await done(grid, 'get', '--verify', '--sync', 'home:/all', join(grid.folder, 'verified'))
    assert.deepEqual(localTree(join(grid.folder, 'verified')), localTree(from))
    const again = await done(grid, 'put', `${from}/.`, 'home:/all')
    assert.deepEqual(new Set(again.files.map(({ state }: any) => state)), new Set(['unchanged']))
    const compared = await done(grid, 'put', '--checksum', `${from}/.`, 'home:/all')
    for (const { newBytes } of compared.files) assert.equal(newBytes, 0)
  })
})

test('any name comes back as it was', async () => {
  await withFileGrid({}, async (grid) => {
    const from = join(grid.folder, 'from')
    mkdirSync(from)
    const names = [
      Buffer.from('with space'),
      Buffer.from('line\nbreak'),
      Buffer.from('-rf'),
      Buffer.from('--'),
      Buffer.from('.hidden'),
      Buffer.from('.holdfast-0123456789abcdef.part'),
      Buffer.from('a:b'),
      Buffer.from('…ü'),
      Buffer.from([0xff, 0xfe, 0x0a, 0x27]),
      Buffer.alloc(255, 'x'),
      Buffer.alloc(255, 0xe9),
    ]
    for (const name of names) {
      writeFileSync(Buffer.concat([Buffer.from(`${from}/`), name]), name)
    }
    await done(grid, 'put', from, 'home:/')
    await done(grid, 'get', 'home:/from', join(grid.folder, 'to'))
    assert.deepEqual(localTree(join(grid.folder, 'to')), localTree(from))
    const { entries } = await done(grid, 'ls', 'home:/from')
    const listed = entries.map(({ path, pathBytes }: any) =>
      Buffer.from(pathBytes ?? Buffer.from(path).toString('base64'), 'base64').toString('latin1'),
    )
    const wanted = names.map((name) => `/from/${name.toString('latin1')}`)
    assert.deepEqual(listed.toSorted(), wanted.toSorted())
    const odd = Buffer.concat([Buffer.from('home:/from/'), names[8]!])
    const { hearing } = await grid.machine.run(['cat', odd])
    assert.deepEqual(Buffer.from(hearing.out), names[8])
  })
})

test('folders, links, modes and times come back as they were', async () => {
  await withFileGrid({}, async (grid) => {
    const from = join(grid.folder, 'from')
    mkdirSync(join(from, 'empty'), { recursive: true })
    mkdirSync(join(from, 'deep', 'er'), { recursive: true })
    writeFileSync(join(from, 'deep', 'er', 'file'), 'x')
    symlinkSync('nowhere', join(from, 'dangling'))
    symlinkSync('deep', join(from, 'to-folder'))
    symlinkSync('loop', join(from, 'loop'))
    symlinkSync(Buffer.from([0x2f, 0xff]), join(from, 'bytes'))
    writeFileSync(join(from, 'tool'), '#!', { mode: 0o755 })
    chmodSync(join(from, 'tool'), 0o4751)
    writeFileSync(join(from, 'secret'), 's')
    chmodSync(join(from, 'secret'), 0o600)
    utimesSync(join(from, 'secret'), new Date(-5_250), new Date(-5_250))
    utimesSync(join(from, 'tool'), 4_000_000_000.5, 4_000_000_000.5)
    lutimesSync(join(from, 'dangling'), 1_000_000, 1_000_000)
    chmodSync(join(from, 'deep', 'er'), 0o700)
    utimesSync(join(from, 'deep', 'er'), 1_234_567, 1_234_567)
    utimesSync(join(from, 'empty'), 7_654_321, 7_654_321)
    await done(grid, 'put', from, 'home:/tree')
    await done(grid, 'get', 'home:/tree', join(grid.folder, 'to'))
    assert.deepEqual(localTree(join(grid.folder, 'to')), localTree(from))
    await done(grid, 'put', `${join(grid.folder, 'to')}/.`, 'home:/tree')
    await done(grid, 'get', 'home:/tree', `${grid.folder}/`)
    assert.deepEqual(localTree(join(grid.folder, 'tree')), localTree(from))
    await done(grid, 'get', 'home:/tree', `${grid.folder}/`)
    assert.deepEqual(localTree(join(grid.folder, 'tree')), localTree(from))
    const { files } = await done(grid, 'put', join(grid.folder, 'tree'), 'home:/')
    assert.deepEqual(new Set(files.map(({ state }: any) => state)), new Set(['unchanged']))
  })
})

test('a folder is closed to others until it has the mode it should have', async () => {
  await withFileGrid({}, async (grid) => {
    const from = join(grid.folder, 'from')
    mkdirSync(join(from, 'in'), { recursive: true })
    writeFileSync(join(from, 'in', 'file'), 'x')
    chmodSync(from, 0o755)
    chmodSync(join(from, 'in'), 0o700)
    await done(grid, 'put', from, 'home:/tree')
    const modes = new Set<number>()
    for (const { store } of grid.nodes) {
      store.beforeRead = async () => {
        for (const name of ['to', 'to/in']) modes.add(statSync(join(grid.folder, name)).mode)
      }
    }
    await done(grid, 'get', 'home:/tree', join(grid.folder, 'to'))
    assert.deepEqual(
      [...modes].map((mode) => mode & 0o777),
      [0o700],
    )
    assert.deepEqual(localTree(join(grid.folder, 'to')), localTree(from))
  })
})

test('a folder that may not be written into comes back as it was', async () => {
  await withFileGrid({}, async (grid) => {
    const from = join(grid.folder, 'from')
    mkdirSync(join(from, 'closed'), { recursive: true })
    writeFileSync(join(from, 'closed', 'file'), 'x')
    chmodSync(join(from, 'closed'), 0o500)
    await done(grid, 'put', from, 'home:/')
    await done(grid, 'get', 'home:/from', join(grid.folder, 'to'))
    assert.deepEqual(localTree(join(grid.folder, 'to')), localTree(from))
    chmodSync(join(from, 'closed'), 0o700)
    chmodSync(join(grid.folder, 'to', 'closed'), 0o700)
  })
})

test('standard input and output carry any bytes', async () => {
  await withFileGrid({}, async (grid) => {
    const random = new SeededRandom(3)
    for (const size of [0, 1, 100 * KiB, 9 * MiB + 5]) {
      const input = random.bytes(size)
      const put = await grid.machine.run(['put', '--json', '-', 'home:/in'], { input })
      assert.equal(put.exit, 0, put.hearing.error)
      assert.equal(put.document.files[0].bytes, size)
      const { hearing, exit } = await grid.machine.run(['get', '--json', 'home:/in', '-'])
      assert.equal(exit, 0, hearing.error)
      assert.deepEqual(hearing.out, input)
      assert.equal((hearing.errorLines.at(-1) as any).ok, true)
    }
  })
})

test('ranges are exact, wherever they lie', async () => {
  await withFileGrid({}, async (grid) => {
    const bytes = new SeededRandom(5).bytes(5 * MiB)
    writeFileSync(join(grid.folder, 'f'), bytes)
    await done(grid, 'put', join(grid.folder, 'f'), 'home:/')
    const ranges: Record<string, Uint8Array> = {
      '0-0': bytes.subarray(0, 1),
      '0-99': bytes.subarray(0, 100),
      '1048570-1048590': bytes.subarray(1_048_570, 1_048_591),
      '5242879-': bytes.subarray(5_242_879),
      '5242880-': bytes.subarray(0, 0),
      '9999999-99999999': bytes.subarray(0, 0),
      '5242870-99999999': bytes.subarray(5_242_870),
      '-1': bytes.subarray(-1),
      '-0': bytes.subarray(0, 0),
      '-99999999': bytes,
      '0-': bytes,
    }
    for (const [range, wanted] of Object.entries(ranges)) {
      const { exit, hearing } = await grid.machine.run(['cat', 'home:/f', `--range=${range}`])
      assert.equal(exit, 0, hearing.error)
      assert.deepEqual(hearing.out, wanted, range)
    }
    for (const range of ['', '-', '5-4', 'a-b', '1', '1-2-3', ' 1-2']) {
      const { exit } = await grid.machine.run(['cat', 'home:/f', `--range=${range}`])
      assert.equal(exit, 2, range)
    }
  })
})

test('a reader that goes away ends the reading', async () => {
  await withFileGrid({}, async (grid) => {
    const bytes = new SeededRandom(5).bytes(20 * MiB)
    writeFileSync(join(grid.folder, 'f'), bytes)
    await done(grid, 'put', join(grid.folder, 'f'), 'home:/')
    const { Hearing } = await import('../../testing/files/hearing.ts')
    const hearing = new Hearing()
    hearing.closesAfterBytes = 1
    const before = grid.nodes.reduce((sum, { store }) => sum + store.readBytes, 0)
    const { exit } = await grid.machine.run(['cat', 'home:/f'], { hearing })
    const after = grid.nodes.reduce((sum, { store }) => sum + store.readBytes, 0)
    assert.equal(exit, 0)
    assert.ok(hearing.out.length < 5 * MiB)
    assert.ok(after - before <= 21 * MiB)
  })
})

test('equal contents are stored once', async () => {
  await withFileGrid({}, async (grid) => {
    const bytes = new SeededRandom(6).bytes(3 * MiB)
    mkdirSync(join(grid.folder, 'd'))
    for (const name of ['a', 'b', 'c']) writeFileSync(join(grid.folder, 'd', name), bytes)
    for (const name of ['e', 'f']) writeFileSync(join(grid.folder, 'd', name), 'tiny')
    const first = await done(grid, 'put', join(grid.folder, 'd'), 'home:/')
    const sum = first.files.reduce((total: number, file: any) => total + file.newBytes, 0)
    assert.equal(sum, bytes.length + 4)
    const second = await done(grid, 'put', join(grid.folder, 'd', 'a'), 'home:/copy')
    assert.equal(second.files[0].newBytes, 0)
    assert.deepEqual(readFileSync(join(grid.folder, 'd', 'a')), Buffer.from(bytes))
  })
})
