import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { test } from 'node:test'
import { concatBytes, fromHex, isZero, toHex, utf8 } from '../../base/bytes.ts'
import { ramp } from '../../testing/format-samples.ts'
import { createNativePrimitives } from './native-primitives.ts'

const primitives = createNativePrimitives()
const empty = new Uint8Array(0)

function hex(text: string): Uint8Array {
  const bytes = fromHex(text)
  assert.ok(bytes)
  return bytes
}

/** A view at an odd place of shared memory. */
function shared(bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3, bytes.length)
  view.set(bytes)
  return view
}

test('BLAKE3 gives the published digests', () => {
  const abc = '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'
  const none = 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'
  const key = utf8('whats the Elvish word for friend')
  const keyed = '92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26'
  assert.equal(toHex(primitives.blake3(empty)), none)
  assert.equal(toHex(primitives.blake3()), none)
  assert.equal(toHex(primitives.blake3(utf8('abc'))), abc)
  assert.equal(toHex(primitives.blake3(utf8('a'), empty, utf8('bc'))), abc)
  assert.equal(toHex(primitives.blake3Keyed(key, empty)), keyed)
})

test('parts hash like the whole, small or large, in any memory', () => {
  const key = ramp(7, 32)
  for (const size of [0, 1, 100, 2047, 2048, 2049, 70_000]) {
    const parts = [ramp(1, size), ramp(2, 5), ramp(3, size)]
    const whole = concatBytes(parts)
    assert.deepEqual(primitives.blake3(...parts.map(shared)), primitives.blake3(whole))
    const keyed = primitives.blake3Keyed(shared(key), ...parts.map(shared))
    assert.deepEqual(keyed, primitives.blake3Keyed(key, whole))
  }
})

test('running hashes give the published digests', () => {
  const sha256 = primitives.sha256()
  sha256.update(shared(utf8('a')))
  sha256.update(utf8('bc'))
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  assert.equal(toHex(sha256.digest()), abc)
  const md5 = primitives.md5()
  md5.update(utf8('abc'))
  assert.equal(toHex(md5.digest()), '900150983cd24fb0d6963f7d28e17f72')
})

test('AES-256-GCM gives the published text (the 16th test case of its authors)', () => {
  const sealing = {
    key: hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
    nonce: hex('cafebabefacedbaddecaf888'),
    context: hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
  }
  const text = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  )
  const into = new Uint8Array(text.length + 16)
  primitives.seal(sealing, [text], into)
  assert.equal(
    toHex(into),
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
      '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
      '76fc6ece0f4e1768cddf8853bb2d551b',
  )
})

test('texts of all sizes seal as in one piece, into shared memory at odd places', () => {
  const sealing = { key: ramp(1, 32), nonce: ramp(2, 12), context: ramp(3, 9) }
  for (const size of [0, 1, 13, 2048, 2049, 65_535, 65_536, 65_537, 131_073, 300_001]) {
    const text = ramp(size, size)
    const into = shared(new Uint8Array(size + 16))
    primitives.seal(sealing, [shared(text.subarray(0, 5)), shared(text.subarray(5))], into)
    const gcm = createCipheriv('aes-256-gcm', sealing.key, sealing.nonce)
    gcm.setAAD(sealing.context)
    const whole = concatBytes([gcm.update(text), gcm.final(), gcm.getAuthTag()])
    assert.ok(Buffer.from(into).equals(whole), `${size} bytes`)
    const opened = shared(new Uint8Array(size))
    assert.ok(primitives.open(sealing, into, opened))
    assert.ok(Buffer.from(opened).equals(text))
  }
})

test('a wrong tag, context or key opens nothing and leaves zeros', () => {
  const sealing = { key: ramp(1, 32), nonce: ramp(2, 12), context: ramp(3, 9) }
  const sealed = new Uint8Array(100_016)
  primitives.seal(sealing, [ramp(9, 100_000)], sealed)
  const changed = sealed.slice()
  changed[99_999]! ^= 1
  const into = new Uint8Array(100_000).fill(7)
  assert.equal(primitives.open(sealing, changed, into), false)
  assert.ok(isZero(into))
  assert.equal(primitives.open({ ...sealing, context: empty }, sealed, into), false)
  assert.equal(primitives.open({ ...sealing, key: ramp(2, 32) }, sealed, into), false)
  assert.equal(primitives.open(sealing, sealed, into), true)
})

test('a target of the wrong size is a defect', () => {
  const sealing = { key: ramp(1, 32), nonce: ramp(2, 12), context: empty }
  assert.throws(() => primitives.seal(sealing, [ramp(0, 10)], new Uint8Array(27)), /room/)
  assert.throws(() => primitives.open(sealing, ramp(0, 26), new Uint8Array(9)), /room/)
  assert.throws(() => primitives.open(sealing, ramp(0, 15), empty), /room/)
  const short = { ...sealing, nonce: ramp(0, 11) }
  assert.throws(() => primitives.seal(short, [], new Uint8Array(16)), /nonce/)
})

test('Ed25519 gives the published signature (RFC 8032, test 3)', () => {
  const seed = hex('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7')
  const publicKey = hex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025')
  const signature = hex(
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  )
  const message = hex('af82')
  assert.deepEqual(primitives.signingPublicKey(seed), publicKey)
  assert.deepEqual(primitives.sign(seed, message), signature)
  assert.ok(primitives.verify(publicKey, shared(message), shared(signature)))
})

test('what is no signature or no key verifies nothing', () => {
  const seed = ramp(1, 32)
  const publicKey = primitives.signingPublicKey(seed)
  const message = utf8('message')
  const signature = primitives.sign(seed, message)
  assert.equal(primitives.verify(publicKey, utf8('another'), signature), false)
  assert.equal(primitives.verify(publicKey, message, signature.subarray(1)), false)
  assert.equal(primitives.verify(publicKey.subarray(1), message, signature), false)
  assert.equal(primitives.verify(new Uint8Array(32).fill(255), message, signature), false)
  assert.equal(primitives.verify(new Uint8Array(32), message, new Uint8Array(64)), false)
})

function keyOf(number: number): Uint8Array {
  return ramp(number, 32).fill(number >> 8, 0, 1)
}

test('more keys than are kept work, and so do the first ones again', () => {
  const own = createNativePrimitives()
  const first = own.blake3Keyed(keyOf(0), empty)
  for (let number = 1; number < 1100; number += 1) own.blake3Keyed(keyOf(number), empty)
  assert.deepEqual(own.blake3Keyed(keyOf(0), empty), first)
})
