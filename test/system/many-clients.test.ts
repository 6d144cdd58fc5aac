import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { sha256Of, writeContent } from './content.ts'
import { Grid, password } from './grid.ts'

const clients = Array.from({ length: 32 }, (_, at) => `client${at}`)
const fileBytes = 200_000

interface Entries {
  readonly entries: readonly { readonly path: string; readonly sha256?: string }[]
}

it('serves 32 clients at once, on different paths and on the same', async (context) => {
  const grid = await Grid.start(context)
  const source = join(grid.scratch.folder, 'source')
  mkdirSync(source)
  const sums = new Map(
    clients.map((name) => [name, writeContent(join(source, name), name, fileBytes)]),
  )
  // Half of them share one home, and so one index; the others another.
  const other = join(grid.scratch.folder, 'other home')
  const otherHome = ['--home', other, '--config', join(grid.scratch.home, 'config.toml')]
  const login = await grid.run(['login', 'ada', ...otherHome], {
    environment: { HOLDFAST_PASSWORD: password },
  })
  assert.equal(login.exit, 0, login.error)
  const homeOf = (at: number): readonly string[] => (at % 2 === 0 ? [] : otherHome)
  const putAll = (to: string) =>
    Promise.all(
      clients.map(async (name, at) => {
        const put = await grid.run(['put', join(source, name), to, ...homeOf(at)])
        return { name, ...put }
      }),
    )

  for (const { exit, error } of await putAll('home:/')) assert.equal(exit, 0, error)
  const same = await putAll('home:/same')
  for (const { exit, error } of same) assert.equal(exit, 0, error)

  const listings: Entries[] = []
  const fresh = ['--home', join(grid.scratch.folder, 'fresh home'), ...otherHome.slice(2)]
  const environment = { HOLDFAST_PASSWORD: password }
  assert.equal((await grid.run(['login', 'ada', ...fresh], { environment })).exit, 0)
  for (const home of [[], otherHome, fresh]) {
    listings.push(await grid.must<Entries>('ls', 'home:/', ...home))
  }
  const [{ entries }] = listings as [Entries]
  assert.deepEqual(listings[1], listings[0])
  assert.deepEqual(listings[2], listings[0])
  assert.deepEqual(
    entries.map(({ path }) => path).toSorted(),
    [...clients.map((name) => `/${name}`), '/same'].toSorted(),
  )
  const winner = entries.find(({ path }) => path === '/same')!.sha256!
  assert.ok([...sums.values()].includes(winner), 'the last writer wins')

  const target = join(grid.scratch.folder, 'target')
  const getting = clients.map((name, at) =>
    grid.run(['get', `home:/${name}`, 'home:/same', `${target}/${name}/`, ...homeOf(at)]),
  )
  for (const { exit, error } of await Promise.all(getting)) assert.equal(exit, 0, error)
  const kept = new Set<string>()
  for (const name of readdirSync(target)) {
    assert.equal(sha256Of(join(target, name, name)), sums.get(name), name)
    kept.add(sha256Of(join(target, name, 'same')))
  }
  assert.deepEqual([...kept], [winner])
  await grid.complete()
})
