/** Vectors of what is signed, and of an account's own secrets: docs/format.md, sections 6, 7, 10 to 12. */
import { concatBytes, utf8 } from '../../base/bytes.ts'
import { encodeBundle, sealBundle } from '../../core/bundle.ts'
import { firstFeedHash, nextFeedHash } from '../../core/feed-hash.ts'
import { gridKeys } from '../../core/grid-keys.ts'
import { listedOperation } from '../../core/listed-operation.ts'
import { wrapVaultKeys, type KeyWrap } from '../../core/membership.ts'
import { encodeOperation, operationHash } from '../../core/operation.ts'
import type { Primitives } from '../../core/primitives.ts'
import { issueReceipts, type ReceiptEntry } from '../../core/receipt.ts'
import { signStatement } from '../../core/statement.ts'
import { issueTicket, type Ticket } from '../../core/ticket.ts'
import { sealVaultName, vaultNameSecret, vaultNameTag } from '../../core/vault-name.ts'
import { signVaultRecord, vaultRecordHash } from '../../core/vault-record.ts'
import * as samples from '../format-samples.ts'
import { inHex, type Vector } from './hex.ts'

const { sampleIds: ids, sampleSeeds: seeds } = samples

/** `keyWrap` draws nothing: its ephemeral seed is fixed. */
export async function signedVectors(
  primitives: Primitives,
  keyWrap: KeyWrap,
): Promise<Record<string, Vector>> {
  return {
    receipt: inHex(receipt(primitives)),
    ticket: inHex(ticket(primitives)),
    operation: inHex(operation(primitives)),
    commit: inHex(commit(primitives)),
    vaultRecord: inHex(vaultRecord(primitives, keyWrap)),
    bundle: inHex(bundle(primitives)),
    vaultName: inHex(vaultName(primitives)),
    membership: inHex(await membership(primitives, keyWrap)),
  }
}

function receipt(primitives: Primitives) {
  const issuer = {
    nodeKey: primitives.signingPublicKey(seeds.node),
    storeId: ids.store,
    term: 3,
    timeMs: 1_790_000_000_000,
  }
  const entries: ReceiptEntry[] = [0, 1, 2].map((index) => ({
    pack: ids.pack,
    index,
    generation: 1,
    root: samples.ramp(index, 32),
    recordNumber: 1000 + index,
  }))
  const receipts = issueReceipts(primitives, { issuer, entries }, seeds.node)
  return {
    nodeSeed: seeds.node,
    issuer,
    entries: entries.map((entry) => ({ ...entry })),
    receipts,
  }
}

function ticket(primitives: Primitives) {
  const { identitySeed, identityKey } = gridKeys(primitives, seeds.grid)
  const fields: Ticket = {
    grid: ids.grid,
    account: ids.account,
    vault: ids.vault,
    rights: 3,
    sessionKey: primitives.signingPublicKey(seeds.session),
    bytesMax: 1_000_000_000,
    term: 3,
    issuedMs: 1_790_000_000_000,
    expiresMs: 1_790_000_600_000,
    serial: samples.ramp(0x99, 16),
  }
  const issued = issueTicket(primitives, fields, identitySeed)
  return { coordinatorKey: identityKey, ...fields, ticket: issued }
}

function operation(primitives: Primitives) {
  const bytes = encodeOperation(samples.sampleOperation(primitives))
  return { bytes, hash: operationHash(primitives, bytes) }
}

function commit(primitives: Primitives) {
  const sample = samples.sampleOperation(primitives)
  const h0 = firstFeedHash(primitives, ids.vault)
  const listed = listedOperation(primitives, sample, encodeOperation(sample))
  const fields = { vault: ids.vault, writer: ids.account, term: 3, seen: { n: 0, h: h0 } }
  const signed = signStatement(primitives, { ...fields, operations: [listed] }, seeds.account)
  const h1 = nextFeedHash(primitives, h0, { n: 1, statement: signed.statement })
  return { writerSeed: seeds.account, ...fields, operations: [{ ...listed }], ...signed, h1 }
}

function vaultRecord(primitives: Primitives, keyWrap: KeyWrap) {
  const fields = samples.sampleVaultRecord(primitives, keyWrap.publicKey(seeds.box))
  const signed = signVaultRecord(primitives, fields, seeds.account)
  const members = fields.members.map((member) => ({ ...member }))
  const policy = { ...fields.policy }
  const hash = vaultRecordHash(primitives, signed.record)
  return { ownerSeed: seeds.account, ...fields, members, policy, ...signed, hash }
}

function bundle(primitives: Primitives) {
  const exportKey = concatBytes([samples.ramp(0x44, 32), samples.ramp(0x55, 32)])
  const ownerKey = primitives.signingPublicKey(seeds.account)
  const pins = [{ vault: ids.vault, ownerKey }]
  const fields = { signingSeed: seeds.account, boxPrivateKey: seeds.box, pins }
  const nonce = samples.sampleNonce(4)
  const keys = { exportKey, account: ids.account }
  const sealed = sealBundle(primitives, keys, { nonce, bundle: fields })
  return { ...keys, ...fields, encoded: encodeBundle(fields), nonce, sealed }
}

function vaultName(primitives: Primitives) {
  const secret = vaultNameSecret(primitives, seeds.account)
  const name = utf8('home')
  const nonce = samples.sampleNonce(5)
  const sealed = sealVaultName(primitives, secret, { vault: ids.vault, name, nonce })
  const tag = vaultNameTag(primitives, secret, name)
  return { signingSeed: seeds.account, secret, vault: ids.vault, name, tag, nonce, sealed }
}

async function membership(primitives: Primitives, keyWrap: KeyWrap) {
  const boxKey = keyWrap.publicKey(seeds.box)
  const keys = samples.sampleKeys(primitives)
  const wrapped = await wrapVaultKeys(keyWrap, keys, boxKey)
  const { vault, lifeKey, generationKeys } = keys
  return { boxPrivateKey: seeds.box, boxKey, vault, lifeKey, generationKeys, wrapped }
}
