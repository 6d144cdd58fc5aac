/**
 * Hash, AEAD and signatures as the pure core takes them: synchronous, without state, the same in programs
 * and in the simulated world. Source: docs/format.md, section 1.
 */
export interface Primitives {
  /** BLAKE3, 32 bytes, of the parts one after the other. */
  blake3(...parts: readonly Uint8Array[]): Uint8Array
  /** BLAKE3 keyed with 32 bytes. */
  blake3Keyed(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array
  /** A running SHA-256. */
  sha256(): RunningHash
  /** A running MD5: for sidecars and listings, never for trust. */
  md5(): RunningHash
  /**
   * AES-256-GCM: writes ciphertext and 16-byte tag of the parts, one after the other, into `into`, whose
   * length is exactly that of the parts plus 16. `into` may not overlap the parts.
   */
  seal(sealing: Sealing, parts: readonly Uint8Array[], into: Uint8Array): void
  /** Writes the plaintext into `into` (sealed length less 16); false, with `into` zeroed, when the tag is wrong. */
  open(sealing: Sealing, sealed: Uint8Array, into: Uint8Array): boolean
  /** Ed25519 public key (32 bytes) of a 32-byte seed. */
  signingPublicKey(seed: Uint8Array): Uint8Array
  /** Ed25519, 64 bytes. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array
  /** False for a wrong signature and for keys or signatures that are none. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

export interface Sealing {
  readonly key: Uint8Array
  /** 12 bytes, never twice with one key. */
  readonly nonce: Uint8Array
  /** Additional data. */
  readonly context: Uint8Array
}

export interface RunningHash {
  update(bytes: Uint8Array): void
  /** Ends it. */
  digest(): Uint8Array
}
