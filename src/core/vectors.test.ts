import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeVectors, readVectors } from '../../scripts/make-vectors.ts'
import { fromHex, toHex } from '../base/bytes.ts'
import { createHpkeKeyWrap } from './adapters/hpke-key-wrap.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { decodeBundle, encodeBundle, openBundle } from './bundle.ts'
import { chunkId, openChunk } from './chunk.ts'
import { unwrapVaultKeys } from './membership.ts'
import { decodeOperation } from './operation.ts'
import { openOperation } from './opened-operation.ts'
import { decodeReceipt, verifyReceipt } from './receipt.ts'
import { vaultKeys } from './vault-keys.ts'
import { decodeTicket } from './ticket.ts'
import { openVaultName } from './vault-name.ts'

/** The file's own text, as another implementation would read it. */
type Fields = Record<string, never> & { readonly [name: string]: unknown }
const written = readVectors()
const primitives = createNativePrimitives()

function section(name: string): Record<string, unknown> {
  return written[name] as unknown as Fields
}

function bytesOf(value: unknown): Uint8Array {
  const bytes = fromHex(value as string)
  assert.ok(bytes)
  return bytes
}

const keyFields = section('vaultKeys')
const keys = vaultKeys(primitives, {
  vault: bytesOf(keyFields['vault']),
  lifeKey: bytesOf(keyFields['lifeKey']),
  generationKeys: (keyFields['generationKeys'] as string[]).map(bytesOf),
})

test('what is made today is what is written down', async () => {
  for (const [name, made] of Object.entries(await makeVectors())) {
    assert.deepEqual(JSON.parse(JSON.stringify(made)), written[name], `section ${name}`)
  }
})

test('the written chunk opens', () => {
  const { content, id, sealed } = section('chunk')
  const target = new Uint8Array(bytesOf(sealed).length)
  const chunk = { id: bytesOf(id), generation: 2, sealed: bytesOf(sealed), target }
  assert.equal(toHex(openChunk(primitives, keys, chunk)), content)
  assert.equal(toHex(chunkId(primitives, keys, bytesOf(content))), id)
})

test('the written operation opens to the written name and record', () => {
  const operation = decodeOperation(bytesOf(section('operation')['bytes']))
  const { name, record } = openOperation(primitives, keys, operation)
  assert.equal(toHex(name), section('name')['name'])
  const fields = section('record')['record'] as Record<string, unknown>
  assert.equal(record.kind, fields['kind'])
  assert.equal(record.size, fields['size'])
  assert.equal(record.modifiedSeconds, fields['modifiedSeconds'])
  assert.equal(toHex(record.sha256), fields['sha256'])
})

test('the written receipts and ticket verify', () => {
  const { receipts, issuer } = section('receipt')
  const { nodeKey } = issuer as Record<string, unknown>
  for (const text of receipts as string[]) {
    const receipt = decodeReceipt(bytesOf(text))
    const expected = { ...receipt, nodeKey: bytesOf(nodeKey) }
    assert.equal(verifyReceipt(primitives, bytesOf(text), expected).count, 3)
  }
  const ticket = section('ticket')
  assert.equal(decodeTicket(bytesOf(ticket['ticket'])).expiresMs, ticket['expiresMs'])
})

test('the written secrets of an account open', async () => {
  const fields = section('bundle')
  const bundleKeys = {
    exportKey: bytesOf(fields['exportKey']),
    account: bytesOf(fields['account']),
  }
  const bundle = openBundle(primitives, bundleKeys, bytesOf(fields['sealed']))
  assert.equal(toHex(bundle.signingSeed), fields['signingSeed'])
  assert.deepEqual(decodeBundle(encodeBundle(bundle)), bundle)
  const { secret, vault, sealed, tag, name } = section('vaultName')
  const request = { vault: bytesOf(vault), sealed: bytesOf(sealed), tag: bytesOf(tag) }
  assert.equal(toHex(openVaultName(primitives, bytesOf(secret), request)), name)
  const member = section('membership')
  const secrets = await unwrapVaultKeys(createHpkeKeyWrap(), {
    vault: bytesOf(member['vault']),
    wrapped: bytesOf(member['wrapped']),
    boxPrivateKey: bytesOf(member['boxPrivateKey']),
  })
  assert.equal(toHex(secrets.lifeKey), member['lifeKey'])
})
