import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes, toHex, utf8 } from '../base/bytes.ts'
import { hasCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { createFakeKeyWrap } from '../testing/fake-key-wrap.ts'
import { ramp, sampleIds, sampleKeys, sampleSeeds } from '../testing/format-samples.ts'
import { hostileShapes } from '../testing/hostile.ts'
import { openHpke } from '../testing/reference/hpke.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { createHpkeKeyWrap } from './adapters/hpke-key-wrap.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { unwrapVaultKeys, wrapOverheadBytes, wrapVaultKeys, type KeyWrap } from './membership.ts'

const primitives = createNativePrimitives()
const keys = sampleKeys(primitives)
const { vault } = sampleIds
const boxPrivateKey = sampleSeeds.box
const real = createHpkeKeyWrap()

const keyWraps: [name: string, keyWrap: KeyWrap][] = [
  ['HPKE', real],
  ['the fake', createFakeKeyWrap(primitives, new SeededRandom(1))],
]

for (const [name, keyWrap] of keyWraps) {
  const boxKey = keyWrap.publicKey(boxPrivateKey)

  test(`${name}: keys come back, for their vault and member only`, async () => {
    const wrapped = await wrapVaultKeys(keyWrap, keys, boxKey)
    const opened = await unwrapVaultKeys(keyWrap, { vault, wrapped, boxPrivateKey })
    assert.deepEqual(opened.lifeKey, keys.lifeKey)
    assert.deepEqual(opened.generationKeys, keys.generationKeys)
    const refusal = { code: 'RECORD_FORGED', message: /not wrapped for this account/ }
    const others = [{ vault: ramp(1, 16) }, { boxPrivateKey: ramp(1, 32) }]
    for (const other of others) {
      const request = { vault, wrapped, boxPrivateKey, ...other }
      await assert.rejects(unwrapVaultKeys(keyWrap, request), refusal)
    }
  })

  test(`${name}: no two wraps are equal, and none opens changed`, async () => {
    const wrapped = await wrapVaultKeys(keyWrap, { ...keys, generationKeys: [ramp(1, 32)] }, boxKey)
    const again = await wrapVaultKeys(keyWrap, { ...keys, generationKeys: [ramp(1, 32)] }, boxKey)
    assert.notDeepEqual(again, wrapped)
    assert.equal(wrapped.length, 3 + 64 + wrapOverheadBytes)
    for (const [at, hostile] of [...hostileShapes(wrapped)].entries()) {
      if (at % 5 !== 0) continue
      const request = { vault, wrapped: hostile, boxPrivateKey }
      const refused = await unwrapVaultKeys(keyWrap, request).then(
        () => false,
        (error: unknown) => hasCode(error, 'RECORD_FORGED'),
      )
      assert.ok(refused, `taken although changed: ${toHex(hostile)}`)
    }
  })

  test(`${name}: inside, only what is well formed is taken`, async () => {
    const info = concatBytes([utf8('holdfast/1 vault keys'), vault])
    const honest = Uint8Array.of(1, ...ramp(1, 32), 1, 0, ...ramp(2, 32))
    const wrong: [code: string, text: Uint8Array][] = [
      ['MALFORMED', honest.slice(0, -1)],
      ['MALFORMED', Uint8Array.of(...honest, 0)],
      ['MALFORMED', honest.with(33, 2)],
      ['MALFORMED', honest.with(34, 255)],
      ['MALFORMED', Uint8Array.of(1, ...ramp(1, 32), 0, 0)],
      ['MALFORMED', new Uint8Array(0)],
      ['VERSION_UNSUPPORTED', honest.with(0, 2)],
    ]
    for (const [code, text] of wrong) {
      const wrapped = await keyWrap.wrap({ publicKey: boxKey, info, text })
      await assert.rejects(unwrapVaultKeys(keyWrap, { vault, wrapped, boxPrivateKey }), { code })
    }
  })

  test(`${name}: as many generations as there may be fit into a message`, async () => {
    const generationKeys = Array.from({ length: limits.keyGenerationsMax }, () => ramp(1, 32))
    const wrapped = await wrapVaultKeys(keyWrap, { ...keys, generationKeys }, boxKey)
    assert.ok(wrapped.length <= 4096)
  })
}

test('the ephemeral key is derived as published (RFC 9180, A.1)', async () => {
  const seed = Uint8Array.fromHex(
    '7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234',
  )
  const privateKey = Uint8Array.fromHex(
    '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
  )
  const publicKey = Uint8Array.fromHex(
    '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
  )
  assert.deepEqual(real.publicKey(privateKey), publicKey)
  const fixed = createHpkeKeyWrap({ ephemeralSeed: seed })
  const wrapped = await wrapVaultKeys(fixed, keys, real.publicKey(boxPrivateKey))
  assert.deepEqual(wrapped.subarray(0, 32), publicKey)
})

test('what HPKE wraps opens as the RFC writes it', async () => {
  const wrapped = await wrapVaultKeys(real, keys, real.publicKey(boxPrivateKey))
  const info = concatBytes([utf8('holdfast/1 vault keys'), vault])
  const text = openHpke(boxPrivateKey, info, wrapped)
  const expected = Uint8Array.of(1, ...keys.lifeKey, 2, 0, ...concatBytes(keys.generationKeys))
  assert.deepEqual(text, expected)
})

test('a box key that is none is refused', async () => {
  const wrap = wrapVaultKeys(real, keys, new Uint8Array(32))
  await assert.rejects(wrap, { code: 'MALFORMED', message: /box key/ })
  const wrapped = new Uint8Array(200)
  const request = { vault, wrapped, boxPrivateKey }
  await assert.rejects(unwrapVaultKeys(real, request), { code: 'RECORD_FORGED' })
})
