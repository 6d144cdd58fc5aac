/** Boundaries, erasure code, packs and shards against docs/vectors/format.json. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fromHex, toHex } from '../base/bytes.ts'
import { slowFilter, slowSipHash } from '../testing/reference/boundaries.ts'
import { slowCodeword } from '../testing/reference/erasure-code.ts'
import { vectorBytes } from '../testing/reference/vector-bytes.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { Cutter } from './cutting.ts'
import { ErasureCoder } from './erasure.ts'
import { createKernels, scratchBytes } from './kernels.ts'
import { dataRoot, leafHashes, proveLeaf, rootFromProof } from './merkle.ts'
import { readPackTail, shardBytesOf, writePackTail } from './pack.ts'
import { codewordHash, decodeHeader, encodeShardId, shardIdentities, shardIdText } from './shard.ts'

interface Content {
  seed: number
  length: number
}

interface Vectors {
  boundaries: {
    cutKey: string
    windows: { bytes: string; filter: number; sipHash: string }[]
    content: Content
    lengths: number[]
  }
  erasureCode: { dataShards: string[]; parityShards: string[] }
  pack: {
    packListKey: string
    vault: string
    pack: string
    nonce: string
    chunks: { id: string; generation: number; sealedBytes: number }[]
    listAndTrailer: string
    shardLengths: { packBytes: number; k: number; shardBytes: number }[]
  }
  shard: {
    code: number
    k: number
    m: number
    pack: string
    vault: string
    placementGeneration: number
    packBytes: number
    dataShards: Content[]
    leafHashes: string[]
    dataRoots: string[]
    codewordHash: string
    headers: string[]
    roots: string[]
    proofs: { leaf: number; siblings: string[] }[]
    id: { index: number; bytes: string; text: string }
  }
}

const file = new URL('../../docs/vectors/format.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors
const primitives = createNativePrimitives()

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  assert.ok(bytes)
  return bytes
}

test('boundaries: filter, hash and lengths', () => {
  const { windows, content, lengths } = vectors.boundaries
  const cutKey = bytesOf(vectors.boundaries.cutKey)
  for (const { bytes, filter, sipHash } of windows) {
    assert.equal(slowFilter(bytesOf(bytes), 31, cutKey), filter)
    const hash = slowSipHash(cutKey.subarray(0, 16), bytesOf(bytes))
    assert.equal(hash.toString(16).padStart(16, '0'), sipHash)
  }
  const kernels = createKernels({ bytes: scratchBytes + content.length })
  new Uint8Array(kernels.memory.buffer).set(vectorBytes(content), scratchBytes)
  const cutter = new Cutter(kernels, cutKey)
  let start = 0
  for (const length of lengths) {
    const window = { at: scratchBytes + start, bytes: content.length - start, ended: true }
    assert.equal(cutter.next(window), length)
    start += length
  }
  assert.equal(start, content.length)
})

test('erasure code', () => {
  const data = vectors.erasureCode.dataShards.map(bytesOf)
  const { parityShards } = vectors.erasureCode
  for (let m = 1; m <= 4; m += 1) {
    const parity = new ErasureCoder().encodeParity({ k: data.length, m }, data)
    assert.deepEqual(parity.map(toHex), parityShards.slice(0, m))
  }
})

test('pack: list, trailer, shard lengths', () => {
  const { packListKey, nonce, listAndTrailer, shardLengths } = vectors.pack
  const [vault, pack] = [bytesOf(vectors.pack.vault), bytesOf(vectors.pack.pack)]
  const keys = { key: bytesOf(packListKey), vault, pack }
  const chunks = vectors.pack.chunks.map((chunk) => ({ ...chunk, id: bytesOf(chunk.id) }))
  const into = new Uint8Array(listAndTrailer.length / 2)
  writePackTail(primitives, { ...keys, nonce: bytesOf(nonce) }, { chunks, into })
  assert.equal(toHex(into), listAndTrailer)
  const contentBytes = chunks.reduce((sum, { sealedBytes }) => sum + sealedBytes, 0)
  const whole = new Uint8Array(contentBytes + into.length)
  whole.set(into, contentBytes)
  const read = readPackTail(primitives, keys, { pack: whole })
  assert.deepEqual(
    read.map(({ offset: _offset, ...chunk }) => chunk),
    chunks,
  )
  for (const { packBytes, k, shardBytes } of shardLengths) {
    assert.equal(shardBytesOf(packBytes, k), shardBytes)
  }
})

test('shard: leaves, roots, headers, proofs, id', () => {
  const { shard } = vectors
  const [pack, vault] = [bytesOf(shard.pack), bytesOf(shard.vault)]
  const data = shard.dataShards.map(vectorBytes)
  const codeword = slowCodeword(data, shard.m)
  const leaves = leafHashes(primitives, data[0]!)
  assert.deepEqual(leaves.map(toHex), shard.leafHashes)
  const dataRoots = codeword.map((bytes) => dataRoot(primitives, bytes))
  assert.deepEqual(dataRoots.map(toHex), shard.dataRoots)
  const description = { ...shard, kind: 'data' as const, pack, vault }
  const hash = codewordHash(primitives, description, { dataRoots })
  assert.equal(toHex(hash), shard.codewordHash)
  const identities = shardIdentities(primitives, description, { dataRoots })
  assert.deepEqual(
    identities.map(({ header }) => toHex(header)),
    shard.headers,
  )
  assert.deepEqual(
    identities.map(({ root }) => toHex(root)),
    shard.roots,
  )
  const header = decodeHeader(primitives, identities[2]!.header)
  assert.deepEqual([header.index, header.shardBytes], [2, data[0]!.length])
  for (const { leaf: index, siblings } of shard.proofs) {
    assert.deepEqual(proveLeaf(primitives, leaves, index).map(toHex), siblings)
    const leaf = data[0]!.subarray(index * 65_536, (index + 1) * 65_536)
    const proof = { index, leaf, siblings: siblings.map(bytesOf), shardBytes: data[0]!.length }
    assert.deepEqual(rootFromProof(primitives, proof), dataRoots[0])
  }
  const id = { pack, index: shard.id.index, placementGeneration: shard.placementGeneration }
  assert.equal(toHex(encodeShardId(id)), shard.id.bytes)
  assert.equal(shardIdText(id), shard.id.text)
})
