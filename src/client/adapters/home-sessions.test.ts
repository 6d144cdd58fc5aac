import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { HoldfastError } from '../../base/errors.ts'
import { sampleId } from '../../testing/client/sample-entry.ts'
import { memorySessions } from '../../testing/client/memory-sessions.ts'
import type { SessionStore, StoredSession } from '../session.ts'
import { homeSessions } from './home-sessions.ts'

const key = (value: number): Uint8Array => new Uint8Array(32).fill(value)

function session(name: string): StoredSession {
  return {
    account: sampleId(1),
    name,
    session: sampleId(2),
    macKey: key(1),
    signingSeed: key(2),
    boxKey: key(3),
    gridId: sampleId(3),
    coordinatorKey: key(4),
    address: '127.0.0.1:10000',
    term: 1,
    expiresMs: 1_800_000_000_000,
  }
}

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sessions-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'client', 'sessions')
}

const stores: [string, (t: TestContext) => SessionStore][] = [
  ['in memory', () => memorySessions()],
  ['in files', (t) => homeSessions(scratch(t))],
]
for (const [where, open] of stores) {
  test(`${where}: each by its name, the last that was chosen by default`, (t) => {
    const store = open(t)
    assert.equal(store.load(), undefined)
    assert.equal(store.load('ada'), undefined)
    assert.deepEqual(store.names(), [])
    const names = [
      'ada',
      'bob',
      'Ωmega',
      '../../etc/passwd',
      '=61',
      'a'.repeat(64),
      'grid',
      '.chosen',
    ]
    for (const name of names) store.save(session(name), { chosen: name !== 'bob' })
    for (const name of names) assert.deepEqual(store.load(name), session(name))
    assert.deepEqual(store.names(), names.toSorted())
    assert.deepEqual(store.load(), session('.chosen'))
    store.save({ ...session('ada'), term: 9 }, { chosen: false })
    assert.equal(store.load('ada')?.term, 9)
    assert.deepEqual(store.load(), session('.chosen'))
    store.remove('.chosen')
    store.remove('.chosen')
    assert.equal(store.load(), undefined)
    assert.deepEqual(store.load('bob'), session('bob'))
  })
}

test('files are for their owner only, and nothing stays beside them', (t) => {
  const folder = scratch(t)
  const store = homeSessions(folder)
  store.save(session('ada'), { chosen: true })
  store.save(session('ada'), { chosen: true })
  assert.deepEqual(readdirSync(folder).toSorted(), ['.chosen', 'ada.json'])
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  for (const file of readdirSync(folder)) {
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600)
  }
})

test('a file that is none is refused with what to do, a newer one is left alone', (t) => {
  const folder = scratch(t)
  const store = homeSessions(folder)
  store.save(session('ada'), { chosen: true })
  const path = join(folder, 'ada.json')
  const whole = readFileSync(path, 'utf8')
  for (const text of ['', '{', whole.slice(0, -20), whole.replace('"term": 1', '"term": -1')]) {
    writeFileSync(path, text)
    assert.throws(
      () => store.load('ada'),
      (error) => error instanceof HoldfastError && error.code === 'MALFORMED',
    )
  }
  writeFileSync(path, whole.replace('"version": 1', '"version": 2'))
  assert.throws(
    () => store.load('ada'),
    (error) => error instanceof HoldfastError && error.code === 'VERSION_UNSUPPORTED',
  )
})
