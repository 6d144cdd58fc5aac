/** One change of one entry, sealed: the operation that is signed, and the head it makes. */
import { fromHex } from '../../base/bytes.ts'
import type { Random } from '../../base/random.ts'
import { nameTag, sealName } from '../../core/name.ts'
import { listedOperation, type ListedOperation } from '../../core/listed-operation.ts'
import { encodeOperation } from '../../core/operation.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { VaultKeys } from '../../core/vault-keys.ts'
import {
  digestAlgorithms,
  sealVersionRecord,
  type VersionRecord,
} from '../../core/version-record.ts'
import type { FileTime } from '../engine/local-files.ts'
import type { EntryKind, IndexEntry } from '../index/vault-index.ts'

/** Ids are hex. */
export interface Change {
  readonly kind: EntryKind
  readonly tombstone: boolean
  readonly entry: string
  readonly parent: string
  readonly name: Uint8Array
  readonly version: string
  readonly previous: string | undefined
  /** Of the keys to seal with. */
  readonly generation: number
  readonly mode: number
  readonly modified: FileTime
  readonly bytes: number
  readonly sha256: Uint8Array
  readonly md5: Uint8Array | undefined
  readonly chunkCount: number
  readonly listRoot: Uint8Array
}

export interface SealedChange {
  /** Canonical bytes. */
  readonly bytes: Uint8Array
  /** For the statement. */
  readonly listed: ListedOperation
  /** As it is once committed, but for its `n`. */
  readonly head: IndexEntry
}

export interface Sealer {
  readonly primitives: Primitives
  readonly random: Random
  readonly keys: VaultKeys
}

export function sealChange(sealer: Sealer, change: Change): SealedChange {
  const { primitives, keys, random } = sealer
  const { kind, tombstone, name, generation, listRoot, chunkCount } = change
  const ids = idsOf(change)
  const tag = nameTag(primitives, keys, { parent: ids.parent, name })
  const place = { ...ids, tag, generation }
  const operation = {
    kind,
    tombstone,
    implicit: false,
    ...place,
    sealedName: sealName(primitives, keys, { ...place, name, nonce: random.bytes(12) }),
    sealedRecord: sealVersionRecord(primitives, keys, {
      ...place,
      listRoot,
      nonce: random.bytes(12),
      record: recordOf(change),
    }),
    listRoot,
    chunkCount,
  }
  const bytes = encodeOperation(operation)
  const head = { ...change, implicit: false, tag, n: 0 }
  return { bytes, listed: listedOperation(primitives, operation, bytes), head }
}

function idsOf({ entry, parent, version, previous }: Change): {
  entry: Uint8Array
  parent: Uint8Array
  version: Uint8Array
  previous: Uint8Array | undefined
} {
  return {
    entry: fromHex(entry)!,
    parent: fromHex(parent)!,
    version: fromHex(version)!,
    previous: previous === undefined ? undefined : fromHex(previous)!,
  }
}

function recordOf(change: Change): VersionRecord {
  const { kind, tombstone, mode, bytes, modified, sha256, md5, chunkCount } = change
  return {
    kind: tombstone ? 'tombstone' : kind,
    mode,
    size: bytes,
    modifiedSeconds: modified.seconds,
    modifiedNanoseconds: modified.nanoseconds,
    sha256,
    chunkCount,
    digests: md5 ? [{ algorithm: digestAlgorithms.md5, digest: md5 }] : [],
  }
}
