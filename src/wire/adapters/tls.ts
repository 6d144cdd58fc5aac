/**
 * TLS 1.3 between pinned identities: the Ed25519 identity key is the certificate's key, and the side that
 * connects compares that key. No authority, no names, no dates.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { equalBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { certificateOf, publicKeyInfo } from './certificate.ts'

/** PKCS #8 (RFC 8410) of an Ed25519 seed, but for the seed. */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Certificate and key of an Ed25519 identity. */
export interface TlsIdentity {
  /** PEM. */
  readonly key: string
  readonly cert: string
  readonly minVersion: 'TLSv1.3'
}

/** Options for `tls.createServer` and `https.createServer`; the same for the same seed (32 bytes). */
export function tlsServerOptions(seed: Uint8Array): TlsIdentity {
  const key = privateKeyOf(seed)
  const publicKey = rawPublicKey(createPublicKey(key))
  const certificate = certificateOf(publicKey, (body) => sign(null, body, key))
  return {
    key: key.export({ format: 'pem', type: 'pkcs8' }),
    cert: pem(certificate),
    minVersion: 'TLSv1.3',
  }
}

/** Options for `tls.connect` and `https.request`; after 'secureConnect' call `checkPinnedIdentity`. */
export const pinnedTlsOptions = Object.freeze({
  rejectUnauthorized: false,
  minVersion: 'TLSv1.3',
} as const)

/** Throws IDENTITY_MISMATCH unless the other side's certificate carries this Ed25519 public key (32 bytes). */
export function checkPinnedIdentity(socket: TLSSocket, identity: Uint8Array): void {
  const certificate = socket.getPeerX509Certificate()
  const key = certificate?.publicKey
  if (key?.asymmetricKeyType === 'ed25519' && equalBytes(rawPublicKey(key), identity)) return
  throw new HoldfastError(
    'IDENTITY_MISMATCH',
    `The other side at ${socket.remoteAddress}:${socket.remotePort} has another key than the one pinned`,
  )
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([privateKeyPrefix, seed])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' }).subarray(publicKeyInfo.length)
}

function pem(certificate: Uint8Array): string {
  const lines = certificate.toBase64().match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
