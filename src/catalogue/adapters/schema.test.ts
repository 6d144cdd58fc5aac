import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openInline, temporaryFolder } from '../../testing/conformance/catalogue/sqlite-harness.ts'
import { openSqliteDatabase } from './open-inline.ts'
import { openSqliteCatalogue } from './sqlite-worker.ts'

const folder = temporaryFolder()
after(() => folder.remove())

/** A catalogue of each schema there was, the newest last. */
const fixtures = [1, 2, 3].map((schema) =>
  readFileSync(join(import.meta.dirname, `fixtures/schema-${schema}.sql`), 'utf8'),
)
const newest = fixtures.at(-1)!
/** What the fixture holds. */
const account = 'ac1c1ea9e9367b20fa7f981c9ede9fd0'
const vault = '944440142ae3be06b2c0e40320c84b42'
const version = 'ab202404f7f23f266143b2f8dd598e56'

function made(name: string, sql: string): string {
  const path = join(folder.path, name)
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
  return path
}

async function opensAndServes(name: string, fixture: string): Promise<void> {
  const database = openSqliteDatabase(made(name, fixture))
  const catalogue = await openInline(database)
  assert.equal((await catalogue.grid()).schema, fixtures.length)
  const part = await catalogue.feed({ vault, after: 0, commitsMax: 9, bytesMax: 1 << 20 })
  assert.equal(part.commits.length, 2)
  const request = { vault, versions: [{ version, from: 0 }], pagesMax: 9, chunksMax: 9 }
  const found = await catalogue.lookup(request)
  assert.equal(found.pages[0]?.chunks[0]?.length, 1000)
  const states = found.packs[0]?.shards.map((each) => each.state)
  assert.deepEqual(states, ['durable', 'durable', 'durable', 'missing'])
  assert.equal((await catalogue.account(account))?.usedBytes, 1000)
  const [node] = await catalogue.nodes()
  const seen = { node: node!.node, storeId: vault, lastRecord: 1 }
  assert.deepEqual(await catalogue.nodeSeen(seen), { store: 'same' })
  database.close()
}

describe('catalogue schema', () => {
  it('makes what the fixture says', async () => {
    const database = openSqliteDatabase(':memory:')
    await openInline(database)
    const text = "select sql from sqlite_master where sql is not null and name not like 'sqlite_%'"
    const objects = database.run(text) as { sql: string }[]
    for (const { sql } of objects) assert(newest.includes(`${sql};`), sql)
    database.close()
  })

  it('opens a catalogue of every schema', async () => {
    for (const [at, fixture] of fixtures.entries()) await opensAndServes(`${at}.db`, fixture)
  })

  it('keeps its grid when it is opened again', async () => {
    const path = join(folder.path, 'again.db')
    const first = openSqliteDatabase(path)
    const grid = await (await openInline(first)).grid()
    first.close()
    const second = openSqliteDatabase(path)
    assert.deepEqual(await (await openInline(second)).grid(), grid)
    second.close()
  })

  it('refuses a newer schema, and changes nothing', async () => {
    const path = made('newer.db', `${newest}insert into schema_steps values (4, 0);`)
    const before = readFileSync(path)
    const database = openSqliteDatabase(path)
    await assert.rejects(openInline(database), { code: 'HOME_TOO_NEW' })
    database.close()
    await assert.rejects(openSqliteCatalogue(path), { code: 'HOME_TOO_NEW' })
    assert.deepEqual(readFileSync(path).subarray(4096), before.subarray(4096))
  })

  it('says that a file is no database, or damaged', async () => {
    const garbage = join(folder.path, 'garbage.db')
    writeFileSync(garbage, new Uint8Array(20_000).fill(7))
    assert.throws(() => openSqliteDatabase(garbage), { code: 'CORRUPT' })
    await assert.rejects(openSqliteCatalogue(garbage), { code: 'CORRUPT' })
    const damaged = made('damaged.db', newest)
    const bytes = readFileSync(damaged)
    bytes.fill(0xff, 4096, bytes.length)
    writeFileSync(damaged, bytes)
    await assert.rejects(openSqliteCatalogue(damaged), { code: 'CORRUPT' })
    const nowhere = join(folder.path, 'nowhere/x.db')
    await assert.rejects(openSqliteCatalogue(nowhere), { code: 'DISK_GONE' })
  })
})
