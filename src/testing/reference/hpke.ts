/**
 * HPKE (RFC 9180) opened step by step as the RFC writes it: base mode, DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, AES-256-GCM, one message. The oracle for what the library makes.
 */
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto'

const kemId = Buffer.from('0020', 'hex')
const kemSuite = Buffer.concat([Buffer.from('KEM'), kemId])
const suite = Buffer.concat([Buffer.from('HPKE'), kemId, Buffer.from('00010002', 'hex')])
const empty = Buffer.alloc(0)

interface Labelled {
  readonly suite: Buffer
  readonly label: string
}

/** The text; throws when the tag is wrong. `wrapped`: encapsulated key[32] ‖ ciphertext. */
export function openHpke(
  privateKey: Uint8Array,
  info: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array {
  const encapsulated = Buffer.from(wrapped.subarray(0, 32))
  const own = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), privateKey]),
    format: 'der',
    type: 'pkcs8',
  })
  const secret = diffieHellman({ privateKey: own, publicKey: publicKeyOf(encapsulated) })
  const kemContext = Buffer.concat([encapsulated, rawOf(createPublicKey(own))])
  const shared = expand(extract(empty, secret, { suite: kemSuite, label: 'eae_prk' }), kemContext, {
    suite: kemSuite,
    label: 'shared_secret',
    bytes: 32,
  })
  return openWith(schedule(shared, Buffer.from(info)), Buffer.from(wrapped.subarray(32)))
}

function schedule(shared: Buffer, info: Buffer): { readonly key: Buffer; readonly nonce: Buffer } {
  const pskId = extract(empty, empty, { suite, label: 'psk_id_hash' })
  const infoHash = extract(empty, info, { suite, label: 'info_hash' })
  const context = Buffer.concat([Buffer.of(0), pskId, infoHash])
  const secret = extract(shared, empty, { suite, label: 'secret' })
  return {
    key: expand(secret, context, { suite, label: 'key', bytes: 32 }),
    nonce: expand(secret, context, { suite, label: 'base_nonce', bytes: 12 }),
  }
}

function openWith(
  { key, nonce }: { readonly key: Buffer; readonly nonce: Buffer },
  sealed: Buffer,
): Uint8Array {
  const gcm = createDecipheriv('aes-256-gcm', key, nonce)
  gcm.setAuthTag(sealed.subarray(-16))
  return new Uint8Array(Buffer.concat([gcm.update(sealed.subarray(0, -16)), gcm.final()]))
}

function extract(salt: Buffer, material: Buffer, { suite: id, label }: Labelled): Buffer {
  const labelled = Buffer.concat([Buffer.from('HPKE-v1'), id, Buffer.from(label), material])
  return hmac(salt, labelled)
}

/** At most 32 bytes: one block. */
function expand(
  key: Buffer,
  context: Buffer,
  { suite: id, label, bytes }: Labelled & { readonly bytes: number },
): Buffer {
  const head = Buffer.concat([Buffer.of(0, bytes), Buffer.from('HPKE-v1'), id, Buffer.from(label)])
  return hmac(key, Buffer.concat([head, context, Buffer.of(1)])).subarray(0, bytes)
}

function hmac(key: Buffer, text: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function publicKeyOf(raw: Buffer): KeyObject {
  const key = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), raw])
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-32)
}
