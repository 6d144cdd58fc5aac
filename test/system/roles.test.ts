import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import type { GridPorts, RunningProgram } from './programs.ts'
import { freePorts, Scratch } from './programs.ts'

const password = { HOLDFAST_PASSWORD: 'correct horse battery staple' }
const names = ['one', 'two', 'three', 'four']

interface Line {
  readonly ready: true
  readonly role: string
  readonly address: string
}

/** Files as of a grid over several machines: one for each program, one for clients. */
async function writeConfigurations(scratch: Scratch, ports: GridPorts): Promise<void> {
  const file = (name: string): string => join(scratch.folder, `${name}.toml`)
  const grid = '[grid]\ntls = "always"\n'
  const identityOf = async (...line: string[]): Promise<string> => {
    const { exit, out, error } = await scratch.run([...line, '--identity'])
    assert.equal(exit, 0, error)
    return out.trim()
  }
  const identity = await identityOf('coordinator')
  const coordinator = `coordinator = "127.0.0.1:${ports.coordinator}"\ncoordinatorIdentity = "${identity}"\n`
  writeFileSync(file('client'), `${grid}[client]\n${coordinator}`)
  let nodes = ''
  for (const [at, name] of names.entries()) {
    const address = `127.0.0.1:${ports.base + at}`
    const folder = join(scratch.folder, name)
    const own = `name = "${name}"\nlisten = "${address}"\nfolder = "${folder}"\n`
    writeFileSync(file(name), `${grid}[node]\n${own}${coordinator}`)
    const key = await identityOf('node', '--config', file(name))
    const zone = at < 2 ? 'left' : 'right'
    nodes += `[[coordinator.nodes]]\nname = "${name}"\naddress = "${address}"\nzone = "${zone}"\nidentity = "${key}"\n`
  }
  const users = '[[coordinator.users]]\nname = "ada"\nquota = "1MiB"\n'
  const listen = `[coordinator]\nlisten = "127.0.0.1:${ports.coordinator}"\n`
  writeFileSync(file('coordinator'), `${grid}${listen}${nodes}${users}`)
}

async function startRoles(scratch: Scratch): Promise<RunningProgram[]> {
  const started = ['coordinator', ...names].map((name) => {
    const role = name === 'coordinator' ? 'coordinator' : 'node'
    const config = join(scratch.folder, `${name}.toml`)
    return { role, program: scratch.start([role, '--json', '--config', config]) }
  })
  for (const { role, program } of started) {
    const line = await program.event<Line>(({ ready }) => ready)
    assert.equal(line.role, role)
  }
  return started.map(({ program }) => program)
}

async function allUp(scratch: Scratch, config: string): Promise<void> {
  for (;;) {
    const { out } = await scratch.run(['status', '--json', '--config', config], {})
    const { nodes } = JSON.parse(out) as { nodes: { state: string }[] }
    if (nodes.length === names.length && nodes.every(({ state }) => state === 'up')) return
  }
}

it('runs programs alone from files, with TLS, pinned identities and listed users', async (context) => {
  const scratch = new Scratch(context)
  mkdirSync(scratch.home)
  await writeConfigurations(scratch, await freePorts())
  const programs = await startRoles(scratch)
  const config = join(scratch.folder, 'client.toml')
  const client = (...line: string[]) =>
    scratch.run([...line, '--json', '--config', config], { environment: password })

  const stranger = await client('signup', 'eve')
  assert.equal(stranger.exit, 6)
  assert.match(stranger.error, /"code":"SIGNUP_CLOSED"/)
  const signup = await client('signup', 'ada')
  assert.equal(signup.exit, 0, signup.error)
  await allUp(scratch, config)

  const source = join(scratch.folder, 'notes.txt')
  writeFileSync(source, 'over TLS')
  const put = await client('put', source, 'home:/')
  assert.equal(put.exit, 0, put.error)
  const shown = await scratch.run(['cat', 'home:/notes.txt', '--config', config])
  assert.equal(shown.out, 'over TLS')
  writeFileSync(
    source,
    Buffer.alloc(2 ** 21, 1).map((_, at) => at * 7),
  )
  const over = await client('put', source, 'home:/big')
  assert.equal(over.exit, 9, over.error)

  const pinned = readFileSync(config, 'utf8')
  writeFileSync(config, pinned.replace(/"[0-9a-f]{64}"/, `"${'0'.repeat(64)}"`))
  const foreign = await client('login', 'ada')
  assert.equal(foreign.exit, 6)
  assert.match(foreign.error, /"code":"IDENTITY_MISMATCH"/)

  for (const { process: child } of programs) child.kill('SIGTERM')
  for (const { finished } of programs) assert.equal((await finished).exit, 0)
})

it('ends a coordinator whose catalogue was lost, for another to be started', async (context) => {
  const scratch = new Scratch(context)
  mkdirSync(scratch.home)
  const hook = join(scratch.folder, 'hook.mjs')
  const config = join(scratch.folder, 'coordinator.toml')
  writeFileSync(config, '[coordinator]\nlisten = "127.0.0.1:0"\n')
  writeFileSync(hook, "process.once('worker', (it) => process.on('SIGUSR2', () => it.terminate()))")
  const environment = { NODE_OPTIONS: `--import=${hook}` }
  const program = scratch.start(['coordinator', '--json', '--config', config], { environment })
  await program.event<Line>(({ ready }) => ready)
  program.process.kill('SIGUSR2')
  assert.equal((await program.finished).exit, 1)
})

it('rebuilds all on a node that was replaced, identity and all', async (context) => {
  const scratch = new Scratch(context)
  mkdirSync(scratch.home)
  await writeConfigurations(scratch, await freePorts())
  const file = (name: string): string => join(scratch.folder, `${name}.toml`)
  const grid = readFileSync(file('coordinator'), 'utf8')
  const impatient = grid.replace('[coordinator]\n', '[coordinator]\nrepairGrace = "1s"\n')
  writeFileSync(file('coordinator'), impatient)
  const [coordinator, , second] = await startRoles(scratch)
  const client = (...line: string[]) =>
    scratch.run([...line, '--config', file('client')], { environment: password })
  assert.equal((await client('signup', 'ada')).exit, 0)
  await allUp(scratch, file('client'))
  const source = join(scratch.folder, 'notes.txt')
  writeFileSync(source, 'kept')
  const put = await client('put', source, 'home:/')
  assert.equal(put.exit, 0, put.error)

  for (const program of [coordinator!, second!]) {
    program.process.kill('SIGKILL')
    await program.finished
  }
  const folder = join(scratch.folder, 'two')
  const before = readFileSync(join(folder, 'identity'), 'utf8')
  rmSync(folder, { recursive: true })
  const { out } = await scratch.run(['node', '--config', file('two'), '--identity'])
  assert.notEqual(readFileSync(join(folder, 'identity'), 'utf8'), before)
  const entry = /(name = "two"\n[^[]*identity = )"[0-9a-f]{64}"/
  writeFileSync(file('coordinator'), impatient.replace(entry, `$1"${out.trim()}"`))
  for (const [role, name] of [
    ['coordinator', 'coordinator'],
    ['node', 'two'],
  ] as const) {
    const program = scratch.start([role, '--json', '--config', file(name)])
    await program.event<Line>(({ ready }) => ready)
  }
  for (;;) {
    const status = await client('status', '--json')
    const { nodes, vaults } = JSON.parse(status.out) as {
      nodes: { state: string }[]
      vaults: { complete?: number }[]
    }
    const isWhole = nodes.length === 4 && nodes.every(({ state }) => state === 'up')
    if (isWhole && vaults[0]?.complete === 1) break
  }
  assert.equal((await client('cat', 'home:/notes.txt')).out, 'kept')
})
