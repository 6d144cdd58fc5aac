import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { ramp, sampleKeys, sampleNonce } from '../testing/format-samples.ts'
import { assertOnlyThese } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import {
  chunkId,
  openChunk,
  padme,
  sealChunk,
  sealedChunkBytes,
  sealedChunkBytesMax,
} from './chunk.ts'
import { sealBox } from './sealed-box.ts'
import { chunkKey } from './vault-keys.ts'

const primitives = createNativePrimitives()
const keys = sampleKeys(primitives)
const nonce = sampleNonce(0)

function sealed(content: Uint8Array): { id: Uint8Array; sealed: Uint8Array } {
  const id = chunkId(primitives, keys, content)
  const target = new Uint8Array(sealedChunkBytes(content.length))
  return { id, sealed: sealChunk(primitives, keys, { id, content, nonce, target }) }
}

function open(chunk: { id: Uint8Array; sealed: Uint8Array }, generation = 2): Uint8Array {
  const target = new Uint8Array(chunk.sealed.length + 100)
  return openChunk(primitives, keys, { ...chunk, generation, target })
}

test('any content comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), (content) => {
      assert.deepEqual(open(sealed(content)), content)
    }),
    { seed: 3, numRuns: 200 },
  )
})

test('the largest chunk comes back, out of shared memory into shared memory', () => {
  const content = new Uint8Array(new SharedArrayBuffer(limits.chunkBytesMax)).fill(7)
  const id = chunkId(primitives, keys, content)
  const target = new Uint8Array(new SharedArrayBuffer(sealedChunkBytesMax))
  const chunk = sealChunk(primitives, keys, { id, content, nonce, target })
  assert.equal(chunk, target)
  const opened = open({ id, sealed: chunk })
  assert.ok(Buffer.from(opened).equals(Buffer.from(content.buffer)))
})

test('nothing but the sealed bytes opens, and each refusal says whose fault it can be', () => {
  const chunk = sealed(ramp(1, 70))
  const codes = ['CORRUPT', 'VERSION_UNSUPPORTED'] as const
  const faults = new Set<unknown>()
  assertOnlyThese(
    chunk.sealed,
    (bytes) => {
      try {
        return open({ id: chunk.id, sealed: bytes })
      } catch (error) {
        if (error instanceof HoldfastError) faults.add(error.details['fault'])
        throw error
      }
    },
    { codes },
  )
  assert.deepEqual([...faults], ['bytes'])
})

test('another id, generation or vault opens nothing', () => {
  const chunk = sealed(ramp(1, 70))
  const refusal = { code: 'CORRUPT', details: { fault: 'bytes' } }
  assert.throws(() => open({ ...chunk, id: ramp(0, 32) }), refusal)
  assert.throws(() => open(chunk, 1), refusal)
  const foreign = { ...keys, vault: ramp(9, 16) }
  const request = { ...chunk, generation: 2, target: new Uint8Array(200) }
  assert.throws(() => openChunk(primitives, foreign, request), refusal)
})

/** Seals what a writer of the vault with a changed program could. */
function sealInside(id: Uint8Array, inside: Uint8Array): Uint8Array {
  const context = Uint8Array.of(
    ...new TextEncoder().encode('holdfast/1 chunk'),
    1,
    ...keys.vault,
    2,
    0,
    0,
    0,
    ...id,
  )
  const key = chunkKey(primitives, keys, { generation: 2, of: id })
  return sealBox(primitives, { key, nonce, context, parts: [inside] })
}

test('what a writer sealed wrongly is the fault of the writer', () => {
  const id = chunkId(primitives, keys, ramp(1, 5))
  const honest = Uint8Array.of(0, 5, 0, 0, 0, ...ramp(1, 5))
  assert.deepEqual(open({ id, sealed: sealInside(id, honest) }), ramp(1, 5))
  const wrong: [why: RegExp, inside: number[]][] = [
    [/other content/, [0, 5, 0, 0, 0, ...ramp(2, 5)]],
    [/0 bytes of content/, [0, 0, 0, 0, 0, 0]],
    [/6 bytes of content/, [0, 6, 0, 0, 0, ...ramp(1, 5)]],
    [/4294967295 bytes/, [0, 255, 255, 255, 255, ...ramp(1, 5)]],
    [/1 bytes of content in 10/, [0, 1, 0, 0, 0, ...ramp(1, 5)]],
  ]
  for (const [message, inside] of wrong) {
    const chunk = { id, sealed: sealInside(id, Uint8Array.from(inside)) }
    assert.throws(() => open(chunk), { code: 'CORRUPT', message, details: { fault: 'writer' } })
  }
  const codec = Uint8Array.of(1, 5, 0, 0, 0, ...ramp(1, 5))
  const newer = { code: 'VERSION_UNSUPPORTED', details: { fault: 'writer' } }
  assert.throws(() => open({ id, sealed: sealInside(id, codec) }), newer)
})

test('content of no or too many bytes is a defect', () => {
  for (const length of [0, limits.chunkBytesMax + 1]) {
    const content = new Uint8Array(length)
    const target = new Uint8Array(0)
    const chunk = { id: ramp(0, 32), content, nonce, target }
    assert.throws(() => sealChunk(primitives, keys, chunk), /a chunk has 1 to/)
  }
})

function padmeByDefinition(length: number): number {
  if (length < 2) return length
  const exponent = Math.floor(Math.log2(length))
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1)
  return Math.ceil(length / step) * step
}

test('Padmé rounds as its definition says', () => {
  for (let length = 2; length < 70_000; length += 1) {
    const padded = padme(length)
    assert.equal(padded, padmeByDefinition(length), `${length}`)
    assert.ok(padded >= length && padded <= Math.ceil(length * 1.12))
    assert.equal(padme(padded), padded)
  }
})
