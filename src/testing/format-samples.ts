/** Fixed keys, ids and records: the same in vectors and in tests. */
import { utf8 } from '../base/bytes.ts'
import type { Operation } from '../core/operation.ts'
import { listRoot, pageHash, sealPageLengths } from '../core/page.ts'
import { nameTag, sealName } from '../core/name.ts'
import type { Primitives } from '../core/primitives.ts'
import { keyCommitment, vaultKeys, type VaultKeys } from '../core/vault-keys.ts'
import type { VaultRecord } from '../core/vault-record.ts'
import { sealVersionRecord, type VersionRecord } from '../core/version-record.ts'

/** `count` bytes that begin with `first` and rise by one. */
export function ramp(first: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => (first + at) & 255)
}

export const sampleIds = Object.freeze({
  grid: ramp(0x00, 16),
  vault: ramp(0x10, 16),
  account: ramp(0x20, 16),
  entry: ramp(0x30, 16),
  version: ramp(0x40, 16),
  previous: ramp(0x50, 16),
  pack: ramp(0x60, 16),
  store: ramp(0x70, 16),
})
export const sampleSeeds = Object.freeze({
  grid: ramp(0x80, 32),
  account: ramp(0xa0, 32),
  box: ramp(0xc0, 32),
  node: ramp(0xe0, 32),
  session: ramp(0x08, 32),
})
/** A nonce for each use, as if drawn. */
export function sampleNonce(number: number): Uint8Array {
  return new Uint8Array(12).fill(0xf0 + number)
}

export const sampleName = utf8('Überblick 2026.txt')

export function sampleKeys(primitives: Primitives): VaultKeys {
  return vaultKeys(primitives, {
    vault: sampleIds.vault,
    lifeKey: ramp(0x01, 32),
    generationKeys: [ramp(0x02, 32), ramp(0x03, 32)],
  })
}

export const sampleRecord: VersionRecord = Object.freeze({
  kind: 'file',
  mode: 0o644,
  size: 1_500_000,
  modifiedSeconds: -1,
  modifiedNanoseconds: 999_999_999,
  sha256: ramp(0x11, 32),
  chunkCount: 2,
  digests: [{ algorithm: 1, digest: ramp(0x22, 16) }],
})

/** One page of two chunks, as it is stored. */
export function samplePage(primitives: Primitives): { ids: Uint8Array; sealedLengths: Uint8Array } {
  const ids = ramp(0x33, 64)
  const sealedLengths = sealPageLengths(primitives, sampleKeys(primitives), {
    generation: 2,
    version: sampleIds.version,
    number: 0,
    ids,
    offset: 0,
    lengths: [1_000_000, 500_000],
    nonce: sampleNonce(1),
  })
  return { ids, sealedLengths }
}

/** A file's second version, as its writer makes it. */
export function sampleOperation(primitives: Primitives): Operation {
  const keys = sampleKeys(primitives)
  const { entry, version, previous, vault: parent } = sampleIds
  const generation = 2
  const name = sampleName
  const tag = nameTag(primitives, keys, { parent, name })
  const root = listRoot(primitives, [pageHash(primitives, samplePage(primitives))])
  const place = { generation, entry, version, previous, listRoot: root }
  return {
    kind: 'file',
    tombstone: false,
    implicit: false,
    parent,
    tag,
    sealedName: sealName(primitives, keys, { entry, parent, name, tag, nonce: sampleNonce(2) }),
    sealedRecord: sealVersionRecord(primitives, keys, {
      ...place,
      nonce: sampleNonce(3),
      record: sampleRecord,
    }),
    chunkCount: sampleRecord.chunkCount,
    ...place,
  }
}

/** The first record of a vault with one member. `boxKey`: X25519 public key of `sampleSeeds.box`. */
export function sampleVaultRecord(primitives: Primitives, boxKey: Uint8Array): VaultRecord {
  const ownerKey = primitives.signingPublicKey(sampleSeeds.account)
  const owner = sampleIds.account
  return {
    vault: sampleIds.vault,
    number: 1,
    previousHash: undefined,
    owner,
    ownerKey,
    createdMs: 1_790_000_000_000,
    policy: { code: 1, k: 2, m: 2, threshold: 3 },
    generation: 2,
    keyCommitment: keyCommitment(primitives, sampleKeys(primitives), 2),
    members: [{ account: owner, signingKey: ownerKey, boxKey, rights: 'owner' }],
  }
}
