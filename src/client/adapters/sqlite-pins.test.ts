import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { HoldfastError } from '../../base/errors.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { sampleId } from '../../testing/client/sample-entry.ts'
import { openSqlitePins } from './sqlite-pins.ts'

const primitives = createNativePrimitives()
const vault = sampleId(1)
const bytes = (value: number): Uint8Array => new Uint8Array(32).fill(value)

test('keeps the highest of each, whoever tells it', () => {
  const pins = openSqlitePins(':memory:')
  assert.equal(pins.get(vault), undefined)
  pins.raiseFeed(vault, { term: 1, n: 5, h: bytes(5) })
  pins.raiseFeed(vault, { term: 1, n: 4, h: bytes(4) })
  assert.deepEqual(pins.get(vault)?.feed, { term: 1, n: 5, h: bytes(5) })
  pins.raiseFeed(vault, { term: 2, n: 5, h: bytes(5) })
  pins.raiseFeed(vault, { term: 1, n: 6, h: bytes(6) })
  assert.deepEqual(pins.get(vault)?.feed, { term: 2, n: 6, h: bytes(6) })
  assert.equal(pins.get(vault)?.record, undefined)
  assert.equal(pins.get(sampleId(2)), undefined)
  pins.close()
})

test('keeps secrets with the record they belong to', () => {
  const pins = openSqlitePins(':memory:')
  const secrets = { lifeKey: bytes(1), generationKeys: [bytes(2), bytes(3)] }
  pins.raiseRecord(vault, { number: 1, hash: bytes(1), secrets: undefined })
  assert.deepEqual(pins.get(vault)?.record, { number: 1, hash: bytes(1), secrets: undefined })
  pins.raiseRecord(vault, { number: 1, hash: bytes(1), secrets })
  pins.raiseRecord(vault, { number: 1, hash: bytes(1), secrets: undefined })
  assert.deepEqual(pins.get(vault)?.record, { number: 1, hash: bytes(1), secrets })
  pins.raiseRecord(vault, { number: 2, hash: bytes(2), secrets: undefined })
  pins.raiseRecord(vault, { number: 1, hash: bytes(9), secrets })
  assert.deepEqual(pins.get(vault)?.record, { number: 2, hash: bytes(2), secrets: undefined })
  pins.close()
})

test('forgotten keys are nowhere in the file, and what notices a rollback stays', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pins-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'account.db')
  const keys = [primitives.blake3(bytes(1)), primitives.blake3(bytes(2))]
  const secrets = { lifeKey: keys[0]!, generationKeys: [keys[1]!] }
  const holds = (): boolean =>
    readdirSync(folder).some((name) => {
      const content = readFileSync(join(folder, name))
      return keys.some((key) => content.includes(key))
    })
  const pins = openSqlitePins(path)
  pins.raiseFeed(vault, { term: 1, n: 5, h: bytes(5) }, { durable: true })
  pins.raiseRecord(vault, { number: 1, hash: bytes(1), secrets })
  assert.ok(holds())
  pins.forgetSecrets()
  assert.ok(!holds())
  const left = {
    feed: { term: 1, n: 5, h: bytes(5) },
    record: { number: 1, hash: bytes(1), secrets: undefined },
  }
  assert.deepEqual(pins.get(vault), left)
  pins.raiseRecord(vault, { number: 1, hash: bytes(1), secrets })
  assert.deepEqual(pins.get(vault)?.record?.secrets, secrets)
  pins.close()
})

test('what is pinned again durably is what was pinned', () => {
  const pins = openSqlitePins(':memory:')
  pins.raiseFeed(vault, { term: 2, n: 5, h: bytes(5) })
  pins.raiseFeed(vault, { term: 1, n: 5, h: bytes(6) }, { durable: true })
  assert.deepEqual(pins.get(vault)?.feed, { term: 2, n: 5, h: bytes(5) })
  pins.raiseFeed(vault, { term: 1, n: 4, h: bytes(4) }, { durable: true })
  assert.deepEqual(pins.get(vault)?.feed, { term: 2, n: 5, h: bytes(5) })
  pins.close()
})

test('damage is an error with a way out, and nothing is forgotten by itself', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pins-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'account.db')
  const pins = openSqlitePins(path)
  pins.raiseFeed(vault, { term: 1, n: 5, h: bytes(5) })
  pins.close()
  const again = openSqlitePins(path)
  assert.equal(again.get(vault)?.feed.n, 5)
  again.close()
  const garbage = 'garbage'.repeat(1000)
  writeFileSync(path, garbage)
  assert.throws(
    () => openSqlitePins(path),
    (error) =>
      error instanceof HoldfastError && error.code === 'CORRUPT' && error.hint.includes(path),
  )
  assert.equal(readFileSync(path, 'utf8'), garbage)
})
