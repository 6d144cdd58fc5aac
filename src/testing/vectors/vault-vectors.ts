/** Vectors of what is sealed with a vault's keys: docs/format.md, sections 1, 2, 3, 8 and 9. */
import { toHex, utf8 } from '../../base/bytes.ts'
import { chunkId, sealChunk, sealedChunkBytes } from '../../core/chunk.ts'
import { gridKeys } from '../../core/grid-keys.ts'
import { label, labelledHash, labelledKeyedHash } from '../../core/hashing.ts'
import { nodeId } from '../../core/node-id.ts'
import { listRoot, pageHash } from '../../core/page.ts'
import type { Primitives } from '../../core/primitives.ts'
import { chunkKey, keyCommitment, nameKey, recordKey } from '../../core/vault-keys.ts'
import { encodeVersionRecord } from '../../core/version-record.ts'
import * as samples from '../format-samples.ts'
import { inHex, type Vector } from './hex.ts'

export function vaultVectors(primitives: Primitives): Record<string, Vector> {
  return {
    hashing: inHex(hashing(primitives)),
    vaultKeys: inHex(vaultKeys(primitives)),
    gridKeys: inHex(grid(primitives)),
    chunk: inHex(chunk(primitives)),
    name: inHex(name(primitives)),
    record: inHex(record(primitives)),
    page: inHex(page(primitives)),
  }
}

function hashing(primitives: Primitives) {
  const use = label('example')
  const key = samples.ramp(0, 32)
  const [first, second] = [utf8('first'), utf8('second')]
  return {
    label: 'holdfast/1 example',
    parts: [first, second],
    hash: labelledHash(primitives, use, first, second),
    key,
    keyedHash: labelledKeyedHash(primitives, { key, label: use }, first, second),
  }
}

function vaultKeys(primitives: Primitives) {
  const keys = samples.sampleKeys(primitives)
  const { entry, version } = samples.sampleIds
  const generation = 2
  const id = samples.ramp(0x33, 32)
  return {
    vault: keys.vault,
    lifeKey: keys.lifeKey,
    generationKeys: keys.generationKeys,
    chunkIdKey: keys.chunkIdKey,
    cutKey: keys.cutKey,
    tagKey: keys.tagKey,
    generation,
    chunk: { id, key: chunkKey(primitives, keys, { generation, of: id }) },
    name: { entry, key: nameKey(primitives, keys, { generation, of: entry }) },
    record: { version, key: recordKey(primitives, keys, { generation, of: version }) },
    commitment: keyCommitment(primitives, keys, generation),
  }
}

function grid(primitives: Primitives) {
  const { vault } = samples.sampleIds
  const keys = gridKeys(primitives, samples.sampleSeeds.grid)
  return {
    gridSecret: samples.sampleSeeds.grid,
    identitySeed: keys.identitySeed,
    identityKey: keys.identityKey,
    journalKey: keys.journalKey,
    opaqueSeed: keys.opaqueSeed,
    vault,
    packListKey: keys.packListKey(toHex(vault)),
    nodeKey: primitives.signingPublicKey(samples.sampleSeeds.node),
    nodeId: nodeId(primitives, primitives.signingPublicKey(samples.sampleSeeds.node)),
  }
}

function chunk(primitives: Primitives) {
  const keys = samples.sampleKeys(primitives)
  const content = utf8('What stands here is what was put.')
  const id = chunkId(primitives, keys, content)
  const nonce = samples.sampleNonce(0)
  const target = new Uint8Array(sealedChunkBytes(content.length))
  const sealed = sealChunk(primitives, keys, { id, content, nonce, target })
  const lengths = [1, 2, 3, 26, 27, 28, 29, 1000, 65_536, 1_048_576, 4_194_304]
  const sealedLengths = lengths.map((length) => [length, sealedChunkBytes(length)])
  return { content, id, generation: 2, nonce, sealed, sealedLengths }
}

function name(primitives: Primitives) {
  const { entry, vault } = samples.sampleIds
  const { tag, sealedName, generation } = samples.sampleOperation(primitives)
  const nonce = samples.sampleNonce(2)
  return { name: samples.sampleName, parent: vault, entry, generation, tag, nonce, sealedName }
}

function record(primitives: Primitives) {
  const operation = samples.sampleOperation(primitives)
  const { entry, version, previous } = samples.sampleIds
  return {
    record: {
      ...samples.sampleRecord,
      digests: samples.sampleRecord.digests.map((digest) => ({ ...digest })),
    },
    encoded: encodeVersionRecord(samples.sampleRecord),
    generation: operation.generation,
    entry,
    version,
    previous,
    listRoot: operation.listRoot,
    nonce: samples.sampleNonce(3),
    sealed: operation.sealedRecord,
  }
}

function page(primitives: Primitives) {
  const { ids, sealedLengths } = samples.samplePage(primitives)
  const hash = pageHash(primitives, { ids, sealedLengths })
  return {
    version: samples.sampleIds.version,
    generation: 2,
    number: 0,
    ids,
    offset: 0,
    lengths: [1_000_000, 500_000],
    nonce: samples.sampleNonce(1),
    sealedLengths,
    pageHash: hash,
    listRoot: listRoot(primitives, [hash]),
    emptyListRoot: listRoot(primitives, []),
  }
}
