import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import type { TestContext } from 'node:test'
import { sha256Of, writeContent } from './content.ts'
import { errorOf, Grid, password } from './grid.ts'
import { Namespace } from './namespace.ts'

const MiB = 2 ** 20
const hosts = { left: '10.77.0.1', right: '10.77.0.2' }
const rightNodes = ['n3', 'n4']

function zoneOf(program: string): 'left' | 'right' {
  return rightNodes.includes(program) ? 'right' : 'left'
}

/** Two machines with a cable between them: coordinator, n1 and n2 on the left one, n3 and n4 on the right. */
interface Machines {
  readonly grid: Grid
  readonly left: Namespace
  readonly right: Namespace
}

async function startMachines(context: TestContext): Promise<Machines> {
  const left = await Namespace.make(context)
  const right = await Namespace.make(context, left)
  const peer = ['peer', 'name', 'cable', 'netns', String(right.pid)]
  left.do('ip', 'link', 'add', 'cable', 'type', 'veth', ...peer)
  for (const [machine, host] of [
    [left, hosts.left],
    [right, hosts.right],
  ] as const) {
    machine.do('ip', 'address', 'add', `${host}/24`, 'dev', 'cable')
    machine.do('ip', 'link', 'set', 'cable', 'up')
  }
  const grid = await Grid.start(context, {
    toml: { coordinator: 'repairGrace = "1s"\n' },
    zoneOf,
    hostOf: (name) => hosts[zoneOf(name)],
    within: (name) => (zoneOf(name) === 'left' ? left : right).within,
  })
  return { grid, left, right }
}

interface Placed {
  readonly packs: readonly { readonly shards: readonly { readonly node: string }[] }[]
}

it('spreads a grid over two machines, with TLS, and outlives a cut cable', async (context) => {
  const { grid, left, right } = await startMachines(context)
  const { folder } = grid.scratch
  const source = join(folder, 'source')
  const sum = writeContent(source, 'source', 30 * MiB)
  const put = await grid.run(['put', source, 'home:/'], { within: right.within })
  assert.equal(put.exit, 0, put.error)
  await grid.complete()
  const { packs } = await grid.must<Placed>('stat', 'home:/source', '--placement')
  for (const { shards } of packs) {
    assert.equal(shards.filter(({ node }) => rightNodes.includes(node)).length, 2)
  }

  left.do('ip', 'link', 'set', 'cable', 'down')
  await grid.areDown(...rightNodes)
  const target = join(folder, 'target')
  await grid.must('get', 'home:/source', target)
  assert.equal(sha256Of(target), sum)
  const more = join(folder, 'more')
  const moreSum = writeContent(more, 'more', 3 * MiB)
  const refused = await grid.run(['put', more, 'home:/'])
  assert.equal(refused.exit, 7, refused.error)
  assert.match(errorOf(refused).hint, /--min-shards 2/)
  await grid.must('put', more, '--min-shards', '2', 'home:/')
  const far = await grid.run(['ls'], { within: right.within })
  assert.equal(far.exit, 7)
  assert.equal(errorOf(far).code, 'COORDINATOR_UNREACHABLE')

  left.do('ip', 'link', 'set', 'cable', 'up')
  await grid.complete()
  await grid.kill('n1', 'n2')
  const again = join(folder, 'again')
  const got = await grid.run(['get', 'home:/more', again], { within: right.within })
  assert.equal(got.exit, 0, got.error)
  assert.equal(sha256Of(again), moreSum)
})

it('refuses whoever is not the one that is pinned, and speaks nothing but TLS', async (context) => {
  const { grid, right } = await startMachines(context)
  const config = join(grid.scratch.home, 'config.toml')
  const pinned = readFileSync(config, 'utf8')
  const wrong = join(grid.scratch.folder, 'wrong.toml')
  writeFileSync(wrong, withWrongIdentity(pinned))
  const environment = { HOLDFAST_PASSWORD: password }
  const login = await grid.run(['login', 'ada', '--config', wrong], {
    environment,
    within: right.within,
  })
  assert.equal(login.exit, 6, login.error)
  assert.equal(errorOf(login).code, 'IDENTITY_MISMATCH')

  await grid.stop('n3')
  const own = readFileSync(grid.configOf('n3'), 'utf8')
  writeFileSync(grid.configOf('n3'), withWrongIdentity(own))
  await grid.start('n3')
  await grid.areDown('n3')
  assert.match(readFileSync(join(grid.folderOf('n3'), 'log'), 'utf8'), /IDENTITY_MISMATCH/)

  const coordinator = /coordinator = "10\.77\.0\.1:(\d+)"/.exec(pinned)![1]!
  const node = /listen = "10\.77\.0\.1:(\d+)"/.exec(readFileSync(grid.configOf('n1'), 'utf8'))![1]!
  for (const port of [coordinator, node]) {
    const answer = speakPlainly(right, `${hosts.left}:${port}`)
    assert.doesNotMatch(answer.toString('latin1'), /HTTP/)
    assert.ok(answer.length === 0 || answer[0] === tlsAlert, answer.toString('hex'))
  }
})

function withWrongIdentity(config: string): string {
  const wrong = `coordinatorIdentity = "${'ab'.repeat(32)}"`
  return config.replace(/coordinatorIdentity = "[0-9a-f]+"/, wrong)
}

const tlsAlert = 0x15

/** What comes back from a connection without TLS. */
function speakPlainly(from: Namespace, address: string): Buffer {
  const [host, port] = address.split(':')
  const script = `
    const socket = require('node:net').connect(${port}, '${host}')
    socket.on('data', (bytes) => process.stdout.write(bytes))
    socket.on('error', () => {})
    socket.setTimeout(5000, () => socket.destroy())
    socket.write('GET /v1/grid HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')`
  const [command, ...words] = [...from.within, process.execPath, '--eval', script]
  return spawnSync(command, words).stdout
}
