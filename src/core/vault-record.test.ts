import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../base/limits.ts'
import { ramp, sampleKeys, sampleSeeds, sampleVaultRecord } from '../testing/format-samples.ts'
import { assertCanonicalCodec } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { checkPolicy, policyText, type Policy } from './policy.ts'
import {
  decodeVaultRecord,
  encodeVaultRecord,
  signVaultRecord,
  vaultRecordHash,
  type VaultMember,
  type VaultRecord,
} from './vault-record.ts'
import { checkVaultRecord, type VaultPin } from './vault-trust.ts'

const primitives = createNativePrimitives()
const boxKey = ramp(0x66, 32)
const first = sampleVaultRecord(primitives, boxKey)
const keys = sampleKeys(primitives)
const guest: VaultMember = {
  account: ramp(0x77, 16),
  signingKey: ramp(0x78, 32),
  boxKey,
  rights: 'write',
}
const signedFirst = signVaultRecord(primitives, first, sampleSeeds.account)
const second: VaultRecord = {
  ...first,
  number: 2,
  previousHash: vaultRecordHash(primitives, signedFirst.record),
  members: [...first.members, guest],
}
const signedSecond = signVaultRecord(primitives, second, sampleSeeds.account)
const newPin: VaultPin = { vault: first.vault, ownerKey: first.ownerKey }

test('vault records are canonical', () => {
  const codec = { decode: decodeVaultRecord, encode: encodeVaultRecord }
  assertCanonicalCodec(signedFirst.record, codec)
  assertCanonicalCodec(signedSecond.record, codec)
})

test('a record of as many members as there may be fits into a message', () => {
  const guests = Array.from({ length: limits.vaultMembersMax - 1 }, (_, at) => ({
    ...guest,
    account: Uint8Array.of(at >> 8, at & 255, ...ramp(1, 14)),
  }))
  const bytes = encodeVaultRecord({ ...second, members: [...first.members, ...guests] })
  assert.ok(bytes.length < 64 * 1024)
  assert.equal(decodeVaultRecord(bytes).members.length, limits.vaultMembersMax)
  const more = { ...second, members: [...first.members, ...guests, guest] }
  assert.throws(() => encodeVaultRecord(more), /513 members/)
})

test('what cannot be is not encoded', () => {
  const [owner] = first.members
  assert.ok(owner)
  const wrong: [why: RegExp, change: Partial<VaultRecord>][] = [
    [/number 0/, { number: 0 }],
    [/only number 1/, { number: 2 }],
    [/only number 1/, { previousHash: ramp(1, 32) }],
    [/key generation 0/, { generation: 0 }],
    [/k is 17/, { policy: { code: 1, k: 17, m: 2, threshold: 18 } }],
    [/0 owners/, { members: [] }],
    [/2 owners/, { members: [owner, { ...owner, account: ramp(1, 16) }] }],
    [/twice/, { members: [owner, { ...owner, rights: 'read' }] }],
    [/another/, { members: [{ ...owner, account: ramp(1, 16) }] }],
    [/another/, { members: [{ ...owner, signingKey: ramp(1, 32) }] }],
  ]
  for (const [why, change] of wrong) {
    assert.throws(() => encodeVaultRecord({ ...first, ...change }), why)
  }
})

test('policies from 1+1 to 16+4 can be, others say what is wrong', () => {
  for (let k = 1; k <= 16; k += 1) {
    for (let m = 1; m <= 4; m += 1) checkPolicy({ code: 1, k, m, threshold: k + 1 })
  }
  const wrong: [why: RegExp, policy: Policy][] = [
    [/erasure code 2/, { code: 2, k: 2, m: 2, threshold: 3 }],
    [/k is 0/, { code: 1, k: 0, m: 2, threshold: 3 }],
    [/k is 1.5/, { code: 1, k: 1.5, m: 2, threshold: 3 }],
    [/m is 5/, { code: 1, k: 2, m: 5, threshold: 3 }],
    [/need 1 shards, 2 to 4/, { code: 1, k: 2, m: 2, threshold: 1 }],
    [/need 5 shards, 2 to 4/, { code: 1, k: 2, m: 2, threshold: 5 }],
  ]
  for (const [message, policy] of wrong) {
    assert.throws(() => checkPolicy(policy), { code: 'BAD_POLICY', message })
  }
  assert.equal(policyText({ k: 16, m: 4 }), '16+4')
})

test('records are followed one after the other', () => {
  const { policy } = first
  const one = checkVaultRecord(primitives, signedFirst, { pin: newPin, policy, keys })
  assert.equal(one.record.number, 1)
  const two = checkVaultRecord(primitives, signedSecond, { pin: one.pin, policy, keys })
  assert.equal(two.pin.seen?.number, 2)
  const again = checkVaultRecord(primitives, signedSecond, { pin: two.pin, policy, keys })
  assert.deepEqual(again.pin, two.pin)
  assert.equal(checkVaultRecord(primitives, signedSecond, { pin: newPin }).record.number, 2)
})

function assertForged(
  signed: { readonly record: Uint8Array; readonly signature: Uint8Array },
  claims: Partial<Parameters<typeof checkVaultRecord>[2]>,
  message: RegExp,
): void {
  const refusal = { code: 'RECORD_FORGED', message }
  assert.throws(() => checkVaultRecord(primitives, signed, { pin: newPin, ...claims }), refusal)
}

test('a falling number, a gap, another record of that number and a broken chain are forged', () => {
  const { pin } = checkVaultRecord(primitives, signedSecond, { pin: newPin })
  assertForged(signedFirst, { pin }, /number is 1, number 2 was seen/)
  const otherSecond = signVaultRecord(primitives, { ...second, createdMs: 1 }, sampleSeeds.account)
  assertForged(otherSecond, { pin }, /another number 2/)
  const follow = { ...second, previousHash: vaultRecordHash(primitives, signedSecond.record) }
  const fourth = signVaultRecord(primitives, { ...follow, number: 4 }, sampleSeeds.account)
  assertForged(fourth, { pin }, /those behind 2 are missing/)
  const previousHash = ramp(1, 32)
  const broken = { ...second, number: 3, previousHash }
  assertForged(signVaultRecord(primitives, broken, sampleSeeds.account), { pin }, /does not follow/)
})

test('a foreign key, vault or byte is forged', () => {
  const foreignKey = primitives.signingPublicKey(sampleSeeds.node)
  assertForged(signedFirst, { pin: { ...newPin, ownerKey: foreignKey } }, /not signed by the owner/)
  assertForged(signVaultRecord(primitives, first, sampleSeeds.node), {}, /not signed by the owner/)
  assertForged(signedFirst, { pin: { ...newPin, vault: ramp(1, 16) } }, /it is of vault 1011/)
  const members = first.members.map((member) => ({ ...member, signingKey: foreignKey }))
  const usurped = { ...first, ownerKey: foreignKey, members }
  assertForged(signVaultRecord(primitives, usurped, sampleSeeds.account), {}, /as the owner's key/)
  const record = signedFirst.record.slice()
  record[record.length - 1]! ^= 1
  assertForged({ ...signedFirst, record }, {}, /not signed/)
})

test('a policy told lower than signed, and keys that are others, are forged', () => {
  const lowered = { ...first.policy, threshold: 2 }
  assertForged(signedFirst, { policy: lowered }, /told is 2\+2 with 2, signed is 2\+2 with 3/)
  assertForged(signedFirst, { policy: { ...first.policy, m: 1 } }, /told is 2\+1/)
  const { lifeKey, generationKeys } = keys
  assertForged(signedFirst, { keys: { lifeKey: ramp(9, 32), generationKeys } }, /keys are not/)
  const others = [generationKeys[0]!, ramp(9, 32)]
  assertForged(signedFirst, { keys: { lifeKey, generationKeys: others } }, /keys are not/)
  const fewer = generationKeys.slice(0, 1)
  assertForged(signedFirst, { keys: { lifeKey, generationKeys: fewer } }, /end at generation 1/)
  const more = [...generationKeys, ramp(9, 32)]
  assertForged(signedFirst, { keys: { lifeKey, generationKeys: more } }, /end at generation 3/)
})
