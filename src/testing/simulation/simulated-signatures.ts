import { concatBytes, equalBytes, toHex, utf8 } from '../../base/bytes.ts'
import type { Primitives } from '../../core/primitives.ts'

/**
 * The same primitives, with signatures that are quick within one world: keyed hashes, which the world verifies
 * by the seed that it saw when the public key was made. A signature of other bytes or by another key is as
 * wrong as a real one would be; that nobody can forge one is what a stand-in cannot show.
 */
export function withSimulatedSignatures(primitives: Primitives): Primitives {
  const seeds = new Map<string, Uint8Array>()
  const publicKeys = new Map<string, Uint8Array>()
  const publicKeyOf = (seed: Uint8Array): Uint8Array => {
    const name = toHex(seed)
    const known = publicKeys.get(name)
    if (known !== undefined) return known
    const publicKey = primitives.blake3(publicKeyLabel, seed)
    publicKeys.set(name, publicKey)
    seeds.set(toHex(publicKey), seed.slice())
    return publicKey
  }
  const signatureBy = (seed: Uint8Array, message: Uint8Array): Uint8Array => {
    const half = primitives.blake3Keyed(seed, message)
    return concatBytes([half, half])
  }
  return {
    ...primitives,
    signingPublicKey: (seed) => publicKeyOf(seed).slice(),
    sign(seed, message) {
      publicKeyOf(seed)
      return signatureBy(seed, message)
    },
    verify(publicKey, message, signature) {
      const seed = seeds.get(toHex(publicKey))
      return seed !== undefined && equalBytes(signature, signatureBy(seed, message))
    },
  }
}

const publicKeyLabel = utf8('simulated public key')
