import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { errorOf } from './grid.ts'
import { freePorts, isAlive, Scratch } from './programs.ts'

interface Event {
  readonly event?: string
  readonly name?: string
  readonly pid?: number
  readonly done?: boolean
}

async function gone(pids: readonly number[], withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs
  while (pids.some(isAlive)) {
    if (performance.now() > endMs) return false
    await wait(20)
  }
  return true
}

it('runs a grid as separate processes, and starts again what is killed', async (context) => {
  const scratch = new Scratch(context)
  const ports = await freePorts()
  const { grid, ready } = await scratch.up(ports)
  assert.equal(ready.account, 'local')
  assert.equal(ready.coordinator.address, `127.0.0.1:${ports.coordinator}`)
  assert.deepEqual(
    ready.nodes.map(({ name, address }) => [name, address]),
    [1, 2, 3, 4].map((number) => [`n${number}`, `127.0.0.1:${ports.base + number - 1}`]),
  )
  const pids = [ready.coordinator.pid, ...ready.nodes.map(({ pid }) => pid)]
  assert.equal(new Set([...pids, grid.pid]).size, 6)
  assert.ok(pids.every(isAlive))

  const killedMs = performance.now()
  process.kill(ready.nodes[2]!.pid, 'SIGKILL')
  const back = await grid.event<Event>(({ event }) => event === 'restarted')
  assert.ok(performance.now() - killedMs < 5000)
  assert.equal(back.name, 'n3')
  assert.notEqual(back.pid, ready.nodes[2]!.pid)
  assert.ok(isAlive(back.pid!))

  grid.process.kill('SIGTERM')
  const { exit, out } = await grid.finished
  assert.equal(exit, 0)
  assert.deepEqual(JSON.parse(out.trimEnd().split('\n').at(-1)!), { event: 'stopped', done: true })
  assert.ok(await gone([...pids, back.pid!], 1000))
})

it('keeps everything to its owner, and adds nodes but never leaves one out', async (context) => {
  const scratch = new Scratch(context)
  const ports = await freePorts()
  const first = await scratch.up(ports, ['--nodes', '5'])
  first.grid.process.kill('SIGINT')
  assert.equal((await first.grid.finished).exit, 130)
  for (const name of readdirSync(scratch.home, { recursive: true }) as string[]) {
    const { mode } = statSync(join(scratch.home, name))
    assert.equal(mode & 0o077, 0, name)
  }
  const fewer = await scratch.run(['up', '--json', '--nodes', '4', ...ports.flags])
  assert.equal(fewer.exit, 2)
  assert.match(fewer.error, /This home has 5 nodes, and --nodes asks for 4/)
  const more = await scratch.up(ports, ['--nodes', '6', '--no-restart'])
  assert.equal(more.ready.nodes.length, 6)
  process.kill(more.ready.nodes[0]!.pid, 'SIGKILL')
  const died = await more.grid.event<Event>(({ event }) => event === 'died')
  assert.equal(died.name, 'n1')
  assert.equal(Object.hasOwn(died, 'restartMs'), false)
})

it('ends all processes when it is killed, and starts again at once', async (context) => {
  const scratch = new Scratch(context)
  const ports = await freePorts()
  const { grid, ready } = await scratch.up(ports)
  const pids = [ready.coordinator.pid, ...ready.nodes.map(({ pid }) => pid)]
  grid.process.kill('SIGKILL')
  await grid.finished
  const again = await scratch.up(ports)
  assert.equal(again.ready.nodes.length, 4)
  assert.ok(await gone(pids, 5000))
})

it('refuses a second start, and a port that is in use', async (context) => {
  const scratch = new Scratch(context)
  const ports = await freePorts()
  await scratch.up(ports)
  const second = await scratch.run(['up', '--json', ...(await freePorts()).flags])
  assert.equal(second.exit, 5)
  assert.equal((JSON.parse(second.error) as { error: { code: string } }).error.code, 'HOME_IN_USE')
  assert.equal(second.out, '')

  const other = new Scratch(context)
  const taken = await other.run(['up', '--json', ...ports.flags])
  assert.equal(taken.exit, 4)
  const { error } = JSON.parse(taken.error) as { error: { message: string; hint: string } }
  assert.match(
    error.message,
    new RegExp(`Port ${ports.coordinator} is in use, and the coordinator`),
  )
  assert.match(error.hint, /--coordinator-port/)
})

it('names the flag of the port that a node wants', async (context) => {
  const scratch = new Scratch(context)
  const ports = await freePorts()
  const server = createServer().listen(ports.base + 2, '127.0.0.1')
  context.after(() => server.close())
  const refused = await scratch.run(['up', ...ports.flags])
  assert.equal(refused.exit, 4)
  assert.match(refused.error, new RegExp(`Port ${ports.base + 2} is in use, and n3 wants it`))
  assert.match(refused.error, /--base-port/)
})

it('refuses a home of a newer version and a folder of something else', async (context) => {
  const scratch = new Scratch(context)
  assert.equal((await scratch.run(['node', '--identity'])).exit, 0)
  writeFileSync(join(scratch.home, 'version'), '2\n')
  const newer = await scratch.run(['up', '--json'])
  assert.equal(newer.exit, 6)
  assert.match(newer.error, /"code":"HOME_TOO_NEW"/)
  const other = new Scratch(context)
  writeFileSync(join(other.folder, 'thesis.tex'), 'x')
  const strange = await other.run(['up', '--home', other.folder])
  assert.equal(strange.exit, 2)
  assert.match(strange.error, /is no home of holdfast: it holds "thesis.tex"/)
  assert.equal(existsSync(join(other.folder, 'version')), false)
})

for (const flags of [[], ['--no-restart']]) {
  const line = ['up', ...flags].join(' ')
  it(`ends with why when the coordinator cannot start: ${line}`, async (context) => {
    const scratch = new Scratch(context)
    const ports = await freePorts()
    const first = await scratch.up(ports)
    first.grid.process.kill('SIGTERM')
    assert.equal((await first.grid.finished).exit, 0)
    writeFileSync(join(scratch.home, 'coordinator', 'catalogue.db'), 'x'.repeat(10_000))
    const { exit, out, error } = await scratch.run(['up', '--json', ...flags, ...ports.flags])
    assert.ok([1, 6, 8].includes(exit!), `${exit}`)
    assert.equal(out, '')
    const told = errorOf({ exit, out, error })
    assert.notEqual(told.code, 'TIMED_OUT')
    assert.equal(existsSync(join(scratch.home, 'running')), false)
  })
}
