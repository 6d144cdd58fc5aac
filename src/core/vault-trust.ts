/**
 * What a client believes of a vault. Keys, members and policy are taken only from a record that the pinned
 * owner signed, whose number never falls and that follows the one seen before.
 */
import { equalBytes, toHex } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { equalPolicies, policyText, type Policy } from './policy.ts'
import type { Primitives } from './primitives.ts'
import { keyCommitment, type VaultKeys } from './vault-keys.ts'
import {
  decodeVaultRecord,
  vaultRecordHash,
  type SignedVaultRecord,
  type VaultRecord,
} from './vault-record.ts'

/** What a client knows of a vault before it is told anything. */
export interface VaultPin {
  readonly vault: Uint8Array
  /** From the own bundle, or confirmed at sharing. */
  readonly ownerKey: Uint8Array
  /** The newest record seen; undefined before the first. */
  readonly seen?: { readonly number: number; readonly hash: Uint8Array } | undefined
}

export interface VaultClaims {
  readonly pin: VaultPin
  /** What the coordinator says of the policy, where it does. */
  readonly policy?: Policy | undefined
  /** The keys that were unwrapped, once they were. */
  readonly keys?: Pick<VaultKeys, 'lifeKey' | 'generationKeys'> | undefined
}

/**
 * Checks a record against what is pinned and claimed; gives it with the pin to keep from now on. Records
 * between the one seen and this one are checked first, one after the other. RECORD_FORGED, MALFORMED.
 */
export function checkVaultRecord(
  primitives: Primitives,
  signed: SignedVaultRecord,
  claims: VaultClaims,
): { readonly record: VaultRecord; readonly pin: VaultPin } {
  const { pin } = claims
  if (!primitives.verify(pin.ownerKey, signed.record, signed.signature)) {
    throw forged(pin, `it was not signed by the owner's key ${toHex(pin.ownerKey)}`)
  }
  const record = decodeVaultRecord(signed.record)
  const hash = vaultRecordHash(primitives, signed.record)
  const why =
    identityComplaint(record, pin) ??
    orderComplaint(record, { pin, hash }) ??
    claimComplaint(primitives, record, claims)
  if (why !== undefined) throw forged(pin, why)
  return { record, pin: Object.freeze({ ...pin, seen: { number: record.number, hash } }) }
}

function identityComplaint(record: VaultRecord, pin: VaultPin): string | undefined {
  if (!equalBytes(record.vault, pin.vault)) return `it is of vault ${toHex(record.vault)}`
  if (equalBytes(record.ownerKey, pin.ownerKey)) return undefined
  return `it names ${toHex(record.ownerKey)} as the owner's key`
}

function orderComplaint(
  record: VaultRecord,
  known: { readonly pin: VaultPin; readonly hash: Uint8Array },
): string | undefined {
  const { seen } = known.pin
  if (seen === undefined) return undefined
  const { number } = record
  if (number < seen.number) return `its number is ${number}, number ${seen.number} was seen before`
  if (number === seen.number) {
    return equalBytes(known.hash, seen.hash) ? undefined : `it is another number ${number}`
  }
  if (number > seen.number + 1) {
    return `its number is ${number}, those behind ${seen.number} are missing`
  }
  const follows = record.previousHash !== undefined && equalBytes(record.previousHash, seen.hash)
  return follows ? undefined : `it does not follow the number ${seen.number} that was seen`
}

function claimComplaint(
  primitives: Primitives,
  record: VaultRecord,
  { policy, keys }: VaultClaims,
): string | undefined {
  if (policy !== undefined && !equalPolicies(policy, record.policy)) {
    const signed = `${policyText(record.policy)} with ${record.policy.threshold} to write`
    return `the policy told is ${policyText(policy)} with ${policy.threshold}, signed is ${signed}`
  }
  if (keys === undefined) return undefined
  if (keys.generationKeys.length !== record.generation) {
    return `the keys end at generation ${keys.generationKeys.length}, it is at ${record.generation}`
  }
  const commitment = keyCommitment(primitives, keys, record.generation)
  return equalBytes(commitment, record.keyCommitment)
    ? undefined
    : 'the keys are not those it names'
}

function forged(pin: VaultPin, why: string): HoldfastError {
  return new HoldfastError(
    'RECORD_FORGED',
    `Cannot take the record of vault ${toHex(pin.vault)}: ${why}`,
  )
}
