/** The record of a vault, signed by its owner (docs/format.md, section 11). */
import { assert } from '../base/assert.ts'
import { equalBytes, isZero, toHex } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { domain, label, labelledHash } from './hashing.ts'
import { policyComplaint, type Policy } from './policy.ts'
import type { Primitives } from './primitives.ts'
import { hashBytes, idBytes, keyBytes, sized } from './sized.ts'

const start = domain('vault')
const recordLabel = label('vault record')
const rightsCodes = { read: 1, write: 3, owner: 7 } as const
const memberBytes = idBytes + 2 * keyBytes + 1
const zeroHash = new Uint8Array(hashBytes)

export interface VaultRecord {
  readonly vault: Uint8Array
  /** From 1. */
  readonly number: number
  /** Hash of the record before; undefined for number 1. */
  readonly previousHash: Uint8Array | undefined
  readonly owner: Uint8Array
  /** Ed25519. */
  readonly ownerKey: Uint8Array
  readonly createdMs: number
  readonly policy: Policy
  /** Of the keys new things are sealed with, from 1. */
  readonly generation: number
  /** `keyCommitment` of that generation. */
  readonly keyCommitment: Uint8Array
  /** The owner is one of them. */
  readonly members: readonly VaultMember[]
}

export interface VaultMember {
  readonly account: Uint8Array
  /** Ed25519. */
  readonly signingKey: Uint8Array
  /** X25519. */
  readonly boxKey: Uint8Array
  readonly rights: VaultRights
}

/** `write` includes reading, `owner` all. */
export type VaultRights = keyof typeof rightsCodes

/** A record as it travels and is kept. */
export interface SignedVaultRecord {
  readonly record: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** `seed`: the owner's Ed25519 seed. */
export function signVaultRecord(
  primitives: Primitives,
  record: VaultRecord,
  seed: Uint8Array,
): SignedVaultRecord {
  const bytes = encodeVaultRecord(record)
  return { record: bytes, signature: primitives.sign(seed, bytes) }
}

/** What the next record names. */
export function vaultRecordHash(primitives: Primitives, record: Uint8Array): Uint8Array {
  return labelledHash(primitives, recordLabel, record)
}

export function encodeVaultRecord(record: VaultRecord): Uint8Array {
  const complaint = recordComplaint(record)
  assert(complaint === undefined, `a vault record: ${complaint}`)
  const { policy } = record
  const writer = new ByteWriter(256 + memberBytes * record.members.length)
    .fixed(start)
    .fixed(sized(record.vault, idBytes, 'a vault id'))
    .u32(record.number)
    .fixed(sized(record.previousHash ?? zeroHash, hashBytes, 'a record hash'))
    .fixed(sized(record.owner, idBytes, 'an account id'))
    .fixed(sized(record.ownerKey, keyBytes, 'a signing key'))
    .u64(record.createdMs)
    .u8(policy.code)
    .u8(policy.k)
    .u8(policy.m)
    .u8(policy.threshold)
    .u32(record.generation)
    .fixed(sized(record.keyCommitment, hashBytes, 'a key commitment'))
    .u16(record.members.length)
  for (const member of record.members) writeMember(writer, member)
  return writer.finish()
}

/** Views into `bytes`. Form only: see `checkVaultRecord`. MALFORMED. */
export function decodeVaultRecord(bytes: Uint8Array): VaultRecord {
  const reader = new ByteReader(bytes, 'vault record')
  if (!equalBytes(reader.fixed(start.length), start)) throw reader.malformed('it is something else')
  const record = Object.freeze({
    vault: reader.fixed(idBytes),
    number: reader.u32(),
    previousHash: optionalHash(reader.fixed(hashBytes)),
    owner: reader.fixed(idBytes),
    ownerKey: reader.fixed(keyBytes),
    createdMs: reader.u64(),
    policy: readPolicy(reader),
    generation: reader.u32(),
    keyCommitment: reader.fixed(hashBytes),
    members: readMembers(reader),
  })
  reader.end()
  const complaint = recordComplaint(record)
  if (complaint !== undefined) throw reader.malformed(complaint)
  return record
}

function writeMember(writer: ByteWriter, member: VaultMember): void {
  writer
    .fixed(sized(member.account, idBytes, 'an account id'))
    .fixed(sized(member.signingKey, keyBytes, 'a signing key'))
    .fixed(sized(member.boxKey, keyBytes, 'a box key'))
    .u8(rightsCodes[member.rights])
}

function readPolicy(reader: ByteReader): Policy {
  const [code, k, m, threshold] = reader.fixed(4) as unknown as [number, number, number, number]
  return Object.freeze({ code, k, m, threshold })
}

function readMembers(reader: ByteReader): VaultMember[] {
  const count = reader.u16()
  if (count > limits.vaultMembersMax || count * memberBytes > reader.remaining) {
    throw reader.malformed(`${count} members in ${reader.remaining} bytes`)
  }
  return Array.from({ length: count }, () =>
    Object.freeze({
      account: reader.fixed(idBytes),
      signingKey: reader.fixed(keyBytes),
      boxKey: reader.fixed(keyBytes),
      rights: readRights(reader),
    }),
  )
}

function readRights(reader: ByteReader): VaultRights {
  const code = reader.u8()
  if (code === rightsCodes.read) return 'read'
  if (code === rightsCodes.write) return 'write'
  if (code === rightsCodes.owner) return 'owner'
  throw reader.malformed(`rights ${code} are none`)
}

function optionalHash(hash: Uint8Array): Uint8Array | undefined {
  return isZero(hash) ? undefined : hash
}

/** What is wrong with a record; undefined when it can be. */
function recordComplaint(record: VaultRecord): string | undefined {
  const { number, previousHash, members } = record
  if (number < 1) return `number ${number}`
  if ((number === 1) !== (previousHash === undefined)) return 'only number 1 has none before it'
  if (record.generation < 1 || record.generation > limits.keyGenerationsMax) {
    return `key generation ${record.generation}`
  }
  return policyComplaint(record.policy) ?? memberComplaint(record, members)
}

function memberComplaint(record: VaultRecord, members: readonly VaultMember[]): string | undefined {
  if (members.length > limits.vaultMembersMax) return `${members.length} members`
  if (new Set(members.map(({ account }) => toHex(account))).size < members.length) {
    return 'an account is a member twice'
  }
  const owners = members.filter(({ rights }) => rights === 'owner')
  const [owner] = owners
  if (owners.length !== 1 || owner === undefined) return `it has ${owners.length} owners`
  const same =
    equalBytes(owner.account, record.owner) && equalBytes(owner.signingKey, record.ownerKey)
  return same ? undefined : 'the member with the rights of the owner is another'
}
