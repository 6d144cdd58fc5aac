import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import { ramp, sampleIds, sampleNonce, sampleSeeds } from '../testing/format-samples.ts'
import { assertCanonicalCodec, assertOnlyThese } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { decodeBundle, encodeBundle, openBundle, sealBundle, type AccountBundle } from './bundle.ts'
import { openVaultName, sealVaultName, vaultNameSecret, vaultNameTag } from './vault-name.ts'

const primitives = createNativePrimitives()
const codes = ['RECORD_FORGED', 'MALFORMED', 'VERSION_UNSUPPORTED'] as const
const keys = { exportKey: ramp(1, 64), account: sampleIds.account }
const bundle: AccountBundle = {
  signingSeed: sampleSeeds.account,
  boxPrivateKey: sampleSeeds.box,
  pins: [{ vault: sampleIds.vault, ownerKey: ramp(2, 32) }],
}

test('bundles are canonical with any number of pins', () => {
  for (const count of [0, 1, 3, 4, limits.vaultsPerAccountMax]) {
    const pins = Array.from({ length: count }, (_, at) => ({
      vault: ramp(at, 16),
      ownerKey: ramp(at, 32),
    }))
    const bytes = encodeBundle({ ...bundle, pins })
    assert.equal(bytes.length % 256, 0)
    assert.equal(decodeBundle(bytes).pins.length, count)
    if (count < 4) assertCanonicalCodec(bytes, { decode: decodeBundle, encode: encodeBundle })
  }
})

test('only the sealed bundle opens, for its account and password', () => {
  const sealed = sealBundle(primitives, keys, { nonce: sampleNonce(0), bundle })
  assertOnlyThese(sealed, (bytes) => openBundle(primitives, keys, bytes), { codes })
  const refusal = { code: 'RECORD_FORGED', message: /key bundle/ }
  const others = [
    { ...keys, exportKey: ramp(2, 64) },
    { ...keys, account: ramp(3, 16) },
  ]
  for (const other of others) assert.throws(() => openBundle(primitives, other, sealed), refusal)
})

test('the name of a vault opens for its account and vault only', () => {
  const secret = vaultNameSecret(primitives, sampleSeeds.account)
  const name = utf8('Fotos')
  const tag = vaultNameTag(primitives, secret, name)
  const { vault } = sampleIds
  const sealed = sealVaultName(primitives, secret, { vault, name, nonce: sampleNonce(0) })
  const request = { vault, sealed, tag }
  assert.deepEqual(openVaultName(primitives, secret, request), name)
  const open = (bytes: Uint8Array): Uint8Array =>
    openVaultName(primitives, secret, { ...request, sealed: bytes })
  assertOnlyThese(sealed, open, { codes })
  const refusal = { code: 'RECORD_FORGED' }
  const elsewhere = { ...request, vault: ramp(1, 16) }
  const other = { ...request, tag: vaultNameTag(primitives, secret, utf8('fotos')) }
  assert.throws(() => openVaultName(primitives, secret, elsewhere), refusal)
  assert.throws(() => openVaultName(primitives, secret, other), { ...refusal, message: /tag/ })
  const foreign = vaultNameSecret(primitives, sampleSeeds.node)
  assert.throws(() => openVaultName(primitives, foreign, request), refusal)
  const bad = { vault, name: utf8('a/b'), nonce: sampleNonce(0) }
  assert.throws(() => sealVaultName(primitives, secret, bad), { code: 'BAD_NAME' })
})
