/** What is damaged or in the way at a start keeps nothing else from serving. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { freePorts, Scratch, type ReadyLine } from './programs.ts'

interface Event {
  readonly event?: string
  readonly name?: string
  readonly error?: { readonly code: string; readonly message: string }
}

/** A home of a grid that is not running, with the file `home:/a`. */
async function stoppedGrid(context: TestContext) {
  const scratch = new Scratch(context)
  const ports = await freePorts()
  const up = (more: readonly string[] = []) => scratch.up(ports, more)
  const { grid } = await up()
  const path = join(scratch.folder, 'a')
  writeFileSync(path, 'content of a')
  assert.equal((await scratch.run(['put', path, 'home:/a'])).exit, 0)
  grid.process.kill('SIGTERM')
  assert.equal((await grid.finished).exit, 0)
  const at = (...names: readonly string[]): string => join(scratch.home, ...names)
  const fetched = async (): Promise<string> => (await scratch.run(['cat', 'home:/a'])).out
  return { scratch, ports, up, at, fetched }
}

it('serves without a node that cannot start, and takes it back when it can', async (context) => {
  const { up, at, fetched } = await stoppedGrid(context)
  renameSync(at('nodes/n2/store'), at('store-of-n2'))
  writeFileSync(at('nodes/n2/store'), 'no folder')
  const identity = readFileSync(at('nodes/n3/identity'))
  truncateSync(at('nodes/n3/identity'))
  const { grid, ready } = await up()
  assert.deepEqual(
    ready.nodes.map(({ name }) => name),
    ['n1', 'n4'],
  )
  for (const name of ['n2', 'n3']) {
    const died = await grid.event<Event>((each) => each.event === 'died' && each.name === name)
    assert.ok(died.error?.message.includes(at('nodes', name)), JSON.stringify(died))
  }
  assert.equal(await fetched(), 'content of a')
  rmSync(at('nodes/n2/store'))
  renameSync(at('store-of-n2'), at('nodes/n2/store'))
  writeFileSync(at('nodes/n3/identity'), identity)
  for (const name of ['n2', 'n3']) {
    await grid.event<Event>((each) => each.event === 'restarted' && each.name === name)
  }
})

it('tries again and again to start what found its port taken', async (context) => {
  const { ports, up } = await stoppedGrid(context)
  const { grid, ready } = await up()
  for (const { name, pid, port } of [
    { name: 'n2', pid: ready.nodes[1]!.pid, port: ports.base + 1 },
    { name: 'coordinator', pid: ready.coordinator.pid, port: ports.coordinator },
  ]) {
    process.kill(pid, 'SIGKILL')
    const server = await taken(port)
    const isRefused = ({ event, name: whose, error }: Event): boolean =>
      event === 'died' && whose === name && error?.code === 'PORT_IN_USE'
    await grid.event<Event>(isRefused)
    await new Promise((closed) => server.close(closed))
    await grid.event<Event>((each) => each.event === 'restarted' && each.name === name)
  }
})

/** Takes a port as soon as it is free. */
async function taken(port: number): Promise<ReturnType<typeof createServer>> {
  for (;;) {
    const server = createServer((socket) => socket.destroy())
    const isTaken = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (isTaken) return server
  }
}

it('serves though the folder of the local account is gone, and says what to do', async (context) => {
  const { up, at, scratch } = await stoppedGrid(context)
  renameSync(at('client'), at('.client-kept'))
  const { grid, ready } = await up()
  assert.equal(Object.hasOwn(ready, 'account'), false)
  assert.equal(existsSync(at('client/local-password')), false)
  const environment = { HOLDFAST_PASSWORD: 'another password' }
  assert.equal((await scratch.run(['signup', 'eve'], { environment })).exit, 0)
  assert.equal((await scratch.run(['ls', 'home:/'])).exit, 0)
  grid.process.kill('SIGTERM')
  const { error } = await grid.finished
  assert.match(
    error,
    /The account local exists, and its password is not in .*local-password any more/,
  )
  rmSync(at('client'), { recursive: true })
  renameSync(at('.client-kept'), at('client'))
  rmSync(at('client/local.json'), { force: true })
  const again: { readonly ready: ReadyLine } = await up()
  assert.equal(again.ready.account, 'local')
})

it('leaves no trace of itself when a port is in use', async (context) => {
  const scratch = new Scratch(context)
  const ports = await freePorts()
  const server = await taken(ports.base + 1)
  context.after(() => server.close())
  assert.equal((await scratch.run(['up', ...ports.flags])).exit, 4)
  assert.equal(existsSync(join(scratch.home, 'client', 'grid.json')), false)
  assert.equal(existsSync(join(scratch.home, 'coordinator')), false)
})
