/** KeyWrap over @hpke/core; public keys over node's OpenSSL. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import {
  Aes256Gcm,
  CipherSuite,
  DecapError,
  DeserializeError,
  DhkemX25519HkdfSha256,
  EncapError,
  HkdfSha256,
  OpenError,
} from '@hpke/core'
import { concatBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { wrapOverheadBytes, type KeyWrap } from '../membership.ts'
import { keyBytes, sized } from '../sized.ts'

/** PKCS #8 and SPKI of X25519 (RFC 8410), up to the 32 bytes. */
const privateKeyHead = Buffer.from('302e020100300506032b656e04220420', 'hex')
const publicKeyHeadBytes = 12

/** `ephemeralSeed` fixes the one thing that is drawn: for test vectors only. */
export function createHpkeKeyWrap(options: { readonly ephemeralSeed?: Uint8Array } = {}): KeyWrap {
  const suite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  })
  return Object.freeze({
    publicKey: publicKeyOf,
    async wrap({ publicKey, info, text }) {
      try {
        const key = sized(publicKey, keyBytes, 'a box key')
        const recipientPublicKey = await suite.kem.deserializePublicKey(ownBytes(key))
        const ekm =
          options.ephemeralSeed === undefined ? {} : { ekm: options.ephemeralSeed.slice() }
        const parameters = { recipientPublicKey, info: ownBytes(info), ...ekm }
        const sender = await suite.createSenderContext(parameters)
        const ciphertext = new Uint8Array(await sender.seal(ownBytes(text)))
        return concatBytes([new Uint8Array(sender.enc), ciphertext])
      } catch (error) {
        if (!isRefusal(error)) throw error
        throw new HoldfastError('MALFORMED', 'Cannot wrap keys: the box key is none', {
          cause: error,
        })
      }
    },
    async unwrap({ privateKey, info, wrapped }) {
      if (wrapped.length < wrapOverheadBytes) return undefined
      try {
        const recipientKey = await suite.kem.deserializePrivateKey(ownBytes(privateKey))
        const enc = ownBytes(wrapped.subarray(0, keyBytes))
        const recipient = await suite.createRecipientContext({
          recipientKey,
          enc,
          info: ownBytes(info),
        })
        return new Uint8Array(await recipient.open(ownBytes(wrapped.subarray(keyBytes))))
      } catch (error) {
        if (isRefusal(error)) return undefined
        throw error
      }
    },
  } satisfies KeyWrap)
}

/** The library takes whole buffers. */
function ownBytes(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer
}

function isRefusal(error: unknown): boolean {
  return [OpenError, DecapError, EncapError, DeserializeError].some((kind) => error instanceof kind)
}

function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  const der = Buffer.concat([privateKeyHead, sized(privateKey, keyBytes, 'a box private key')])
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(publicKeyHeadBytes))
}
