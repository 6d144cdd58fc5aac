import type { SecureContextOptions, TLSSocket } from 'node:tls'

/** Certificate and key of an Ed25519 identity, for servers and for clients that show who they are. */
export interface TlsIdentity extends SecureContextOptions {
  readonly key: string
  readonly cert: string
  readonly minVersion: 'TLSv1.3'
}

/** Options for `tls.createServer` and `https.createServer`. */
export function tlsServerOptions(seed: Uint8Array): Promise<TlsIdentity> {
  throw new Error('to be made', { cause: seed })
}

/** Options for `tls.connect` and `https.request`; after 'secureConnect' call `checkPinnedIdentity`. */
export const pinnedTlsOptions = Object.freeze({
  rejectUnauthorized: false,
  minVersion: 'TLSv1.3',
} as const)

/** Throws IDENTITY_MISMATCH unless the other side's certificate carries this Ed25519 public key (32 bytes). */
export function checkPinnedIdentity(socket: TLSSocket, identity: Uint8Array): void {
  throw new Error('to be made', { cause: [socket, identity] })
}
