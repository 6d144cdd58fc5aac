/**
 * KeyWrap for the simulated world: synchronous inside, deterministic under the seed, with the sizes and
 * refusals of the real one, and no secrecy at all (whoever knows the public key can open).
 */
import { concatBytes } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'
import { label, labelledHash, labelledKeyedHash } from '../core/hashing.ts'
import { wrapOverheadBytes, type KeyWrap } from '../core/membership.ts'
import type { Primitives } from '../core/primitives.ts'

const publicKeyLabel = label('fake public key')
const wrapLabel = label('fake wrap')
const nonce = new Uint8Array(12)

export function createFakeKeyWrap(primitives: Primitives, random: Random): KeyWrap {
  const publicKey = (privateKey: Uint8Array): Uint8Array =>
    labelledHash(primitives, publicKeyLabel, privateKey)
  const keyOf = (key: Uint8Array, encapsulated: Uint8Array): Uint8Array =>
    labelledKeyedHash(primitives, { key, label: wrapLabel }, encapsulated)
  return Object.freeze({
    publicKey,
    wrap({ publicKey: to, info, text }) {
      const encapsulated = random.bytes(32)
      const ciphertext = new Uint8Array(text.length + 16)
      const sealing = { key: keyOf(to, encapsulated), nonce, context: info }
      primitives.seal(sealing, [text], ciphertext)
      return Promise.resolve(concatBytes([encapsulated, ciphertext]))
    },
    unwrap({ privateKey, info, wrapped }) {
      if (wrapped.length < wrapOverheadBytes) return Promise.resolve(undefined)
      const key = keyOf(publicKey(privateKey), wrapped.subarray(0, 32))
      const text = new Uint8Array(wrapped.length - wrapOverheadBytes)
      const sealing = { key, nonce, context: info }
      const opened = primitives.open(sealing, wrapped.subarray(32), text)
      return Promise.resolve(opened ? text : undefined)
    },
  } satisfies KeyWrap)
}
