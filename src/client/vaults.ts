/** The vaults of an account: verified records, unwrapped keys, names (docs/format.md, sections 11 and 12). */
import { HoldfastError } from '../base/errors.ts'
import type { Policy } from '../core/policy.ts'
import type { VaultKeys } from '../core/vault-keys.ts'
import type { Session } from './session.ts'

/** A vault whose record was verified. */
export interface VaultSummary {
  /** Hex. */
  readonly vault: string
  readonly name: string
  readonly role: 'owner' | 'write' | 'read'
  readonly policy: Policy
}

export interface VaultWriter {
  /** Account id, hex. */
  readonly account: string
  readonly signingKey: Uint8Array
}

/** A vault with its keys. */
export interface OpenVault extends VaultSummary {
  readonly keys: VaultKeys
  readonly packListKey: Uint8Array
  readonly recordNumber: number
  /** Who may have signed commits. */
  readonly writers: readonly VaultWriter[]
}

export interface VaultCall {
  readonly signal?: AbortSignal | undefined
}

/** RECORD_FORGED when any record is not its owner's, is older than one seen, or differs from its policy. */
export function listVaults(_session: Session, _call: VaultCall = {}): Promise<VaultSummary[]> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}

/** VAULT_NOT_FOUND; RECORD_FORGED, also for keys that are not those the record commits to. */
export function openVault(
  _session: Session,
  _wanted: VaultCall & { readonly name: string },
): Promise<OpenVault> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}

/** EXISTS, BAD_NAME, BAD_POLICY (form, or more shards than nodes). */
export function createVault(
  _session: Session,
  _wanted: VaultCall & { readonly name: string; readonly policy: Policy },
): Promise<OpenVault> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}

/** `2+2` with the default threshold k + 1. BAD_POLICY. */
export function parsePolicy(_text: string): Policy {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}
