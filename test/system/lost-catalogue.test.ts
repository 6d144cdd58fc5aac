/** A coordinator without its catalogue, or with an older one, must leave the nodes as they are. */
import assert from 'node:assert/strict'
import { cpSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { freePorts, Scratch, type RunningProgram } from './programs.ts'

/** Of a round of collection; `collectGrace` is a second here. */
const collectedMs = 70_000

async function collecting(context: TestContext) {
  const scratch = new Scratch(context)
  const ports = await freePorts()
  const at = (...names: readonly string[]): string => join(scratch.home, ...names)
  let grid: RunningProgram | undefined
  const up = async (): Promise<void> => {
    grid = (await scratch.up(ports)).grid
  }
  const down = async (): Promise<void> => {
    grid!.process.kill('SIGTERM')
    assert.equal((await grid!.finished).exit, 0)
  }
  const put = async (name: string): Promise<void> => {
    const path = join(scratch.folder, name)
    writeFileSync(path, `content of ${name}`)
    assert.equal((await scratch.run(['put', path, `home:/${name}`])).exit, 0)
  }
  const fetched = async (name: string): Promise<string> =>
    (await scratch.run(['cat', `home:/${name}`, '--as', 'local'])).out
  await up()
  await down()
  writeFileSync(at('config.toml'), '[coordinator]\ncollectGrace = "1s"\n')
  await up()
  return { scratch, ports, at, up, down, put, fetched }
}

it('refuses to start with one of secret and catalogue alone', async (context) => {
  const { scratch, ports, at, up, down, put, fetched } = await collecting(context)
  await put('a')
  await down()
  for (const [gone, there] of [
    ['catalogue.db', 'grid-secret'],
    ['grid-secret', 'catalogue.db'],
  ] as const) {
    const kept = join(scratch.folder, 'kept')
    cpSync(at('coordinator'), kept, { recursive: true })
    for (const name of readdirSync(at('coordinator'))) {
      if (name.startsWith(gone)) rmSync(at('coordinator', name))
    }
    const line = ['coordinator', '--json', '--config', at('coordinator/config.toml')]
    for (const start of [line, [...line, '--identity'], ['up', '--json', ...ports.flags]]) {
      const { exit, out, error } = await scratch.run(start)
      assert.equal(exit, 8)
      assert.equal(out, '')
      assert.match(error, new RegExp(`has ${there} but no ${gone}`))
    }
    rmSync(at('coordinator'), { recursive: true })
    renameSync(kept, at('coordinator'))
  }
  await up()
  assert.equal(await fetched('a'), 'content of a')
})

it('deletes nothing that came after the copy of the catalogue it was given', async (context) => {
  const { scratch, at, up, down, put, fetched } = await collecting(context)
  await put('before')
  await down()
  const older = join(scratch.folder, 'older')
  const newer = join(scratch.folder, 'newer')
  cpSync(at('coordinator'), older, { recursive: true })
  await up()
  await put('after')
  await down()
  renameSync(at('coordinator'), newer)
  cpSync(older, at('coordinator'), { recursive: true })
  await up()
  // For who has seen more the feed is forked: another account asks.
  const environment = { HOLDFAST_PASSWORD: 'another password' }
  assert.equal((await scratch.run(['signup', 'eve'], { environment })).exit, 0)
  const { out } = await scratch.run(['status', '--json', '--as', 'eve'])
  const { notices } = JSON.parse(out) as { notices: { kind: string; node: string }[] }
  assert.deepEqual(
    notices.map(({ kind, node }) => `${kind} ${node}`),
    ['n1', 'n2', 'n3', 'n4'].map((node) => `quarantine ${node}`),
  )
  await wait(collectedMs)
  await down()
  rmSync(at('coordinator'), { recursive: true })
  renameSync(newer, at('coordinator'))
  await up()
  assert.equal(await fetched('after'), 'content of after')
  assert.equal(await fetched('before'), 'content of before')
})
