/** The vaults of an account: verified records, unwrapped keys, names (docs/format.md, sections 11 and 12). */
import { equalBytes, fromHex, toHex, utf8, utf8ToText } from '../base/bytes.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { unwrapVaultKeys } from '../core/membership.ts'
import { checkPolicy, policyText, type Policy } from '../core/policy.ts'
import { vaultKeys, type VaultKeys, type VaultSecrets } from '../core/vault-keys.ts'
import { openVaultName, vaultNameSecret, vaultNameTag } from '../core/vault-name.ts'
import type { VaultMember, VaultRecord } from '../core/vault-record.ts'
import { checkVaultRecord } from '../core/vault-trust.ts'
import type { ControlAnswer } from '../wire/control.ts'
import type { Session } from './session.ts'
import { checkVaultName } from './vault-name.ts'
import { makeVaultParts } from './vault-parts.ts'

/** A vault whose record was verified. */
export interface VaultSummary {
  /** Hex. */
  readonly vault: string
  readonly name: string
  readonly role: VaultMember['rights']
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

type VaultRow = ControlAnswer<'vaults'>['vaults'][number]

interface TrustedRow {
  readonly row: VaultRow
  readonly record: VaultRecord
  /** Of the record. */
  readonly hash: Uint8Array
}

/** RECORD_FORGED when any record is not its owner's, is older than one seen, or differs from its policy. */
export async function listVaults(session: Session, call: VaultCall = {}): Promise<VaultSummary[]> {
  const { vaults } = await session.control.call('vaults', {}, call)
  return vaults.map((row) => {
    const trusted = trustRow(session, row)
    keepRecord(session, trusted, undefined)
    return summaryOf(session, trusted)
  })
}

/** VAULT_NOT_FOUND; RECORD_FORGED, also for keys that are not those the record commits to. */
export async function openVault(
  session: Session,
  wanted: VaultCall & { readonly name: string },
): Promise<OpenVault> {
  const { primitives } = session.world
  const { vaults } = await session.control.call('vaults', {}, { signal: wanted.signal })
  const secret = vaultNameSecret(primitives, session.stored.signingSeed)
  const tag = vaultNameTag(primitives, secret, utf8(wanted.name))
  const row = vaults.find(({ nameTag }) => equalBytes(nameTag, tag))
  if (row) return openRow(session, row)
  throw new HoldfastError(
    'VAULT_NOT_FOUND',
    `${session.stored.name} has no vault ${JSON.stringify(wanted.name)}`,
  )
}

/** EXISTS, BAD_NAME, BAD_POLICY (form, or more shards than nodes). */
export async function createVault(
  session: Session,
  wanted: VaultCall & { readonly name: string; readonly policy: Policy },
): Promise<OpenVault> {
  const { name, policy, signal } = wanted
  checkVaultName(name)
  checkPolicy(policy)
  await checkNodes(session, wanted)
  const { primitives, random, keyWrap, clock } = session.world
  const parts = await makeVaultParts(
    { primitives, random, keyWrap: await keyWrap() },
    { owner: session.stored, name, policy, createdMs: clock.nowMs() },
  )
  await tellExisting(name, () => session.control.call('vault/create', parts, { signal }))
  return openVault(session, { name, signal })
}

/** The coordinator knows no names: it cannot say which one is taken. */
async function tellExisting(name: string, create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    if (!hasCode(error, 'EXISTS')) throw error
    throw new HoldfastError('EXISTS', `There is a vault ${JSON.stringify(name)} already`, {
      cause: error,
      hint: 'Choose another name; see holdfast vault list',
    })
  }
}

/** `2+2` with the default threshold k + 1. BAD_POLICY. */
export function parsePolicy(text: string): Policy {
  const match = /^(\d{1,2})\+(\d{1,2})$/.exec(text)
  if (!match) {
    throw new HoldfastError('BAD_POLICY', `Cannot read the policy ${JSON.stringify(text)}`, {
      hint: 'Write data and parity shards with a plus between: 2+2',
    })
  }
  const [k, m] = [Number(match[1]), Number(match[2])]
  const policy = { code: 1, k, m, threshold: Math.min(k + 1, k + m) }
  checkPolicy(policy)
  return policy
}

async function checkNodes(
  session: Session,
  { policy, signal }: VaultCall & { readonly policy: Policy },
): Promise<void> {
  const cluster = await session.control.call('cluster', {}, { signal })
  session.noteGrid(cluster)
  const usable = cluster.nodes.filter(({ state }) => state !== 'evicted').length
  const shards = policy.k + policy.m
  if (shards <= usable) return
  throw new HoldfastError(
    'BAD_POLICY',
    `Cannot use ${policyText(policy)}: it has ${shards} shards, this grid has ${usable} nodes`,
  )
}

async function openRow(session: Session, row: VaultRow): Promise<OpenVault> {
  const { primitives } = session.world
  const trusted = trustRow(session, row)
  const secrets = await secretsOf(session, trusted)
  const { record } = trustRow(session, row, secrets)
  keepRecord(session, trusted, secrets)
  return {
    ...summaryOf(session, trusted),
    keys: vaultKeys(primitives, secrets),
    packListKey: row.packListKey,
    recordNumber: record.number,
    writers: record.members
      .filter(({ rights }) => rights !== 'read')
      .map(({ account, signingKey }) => ({ account: toHex(account), signingKey })),
  }
}

function keepRecord(
  session: Session,
  { row, record, hash }: TrustedRow,
  secrets: VaultSecrets | undefined,
): void {
  const pinned = session.pins.get(row.vault)?.record
  if (pinned?.number === record.number && (pinned.secrets || !secrets)) return
  session.pins.raiseRecord(row.vault, { number: record.number, hash, secrets })
}

/** Kept from before when the record is the same; otherwise unwrapped. */
async function secretsOf(session: Session, { row, hash }: TrustedRow): Promise<VaultSecrets> {
  const pinned = session.pins.get(row.vault)?.record
  if (pinned?.secrets && equalBytes(pinned.hash, hash)) {
    return { vault: fromHex(row.vault)!, ...pinned.secrets }
  }
  const keyWrap = await session.world.keyWrap()
  return unwrapVaultKeys(keyWrap, {
    vault: fromHex(row.vault)!,
    wrapped: row.wrappedKeys,
    boxPrivateKey: session.stored.boxKey,
  })
}

function trustRow(session: Session, row: VaultRow, keys?: VaultSecrets): TrustedRow {
  const { stored, signingKey, world, pins } = session
  if (row.owner !== stored.account) {
    throw new HoldfastError(
      'RECORD_FORGED',
      `Cannot take vault ${row.vault}: its owner ${row.owner} is unknown to this account`,
    )
  }
  const pin = {
    vault: fromHex(row.vault)!,
    ownerKey: signingKey,
    seen: pins.get(row.vault)?.record,
  }
  const { record, pin: next } = checkVaultRecord(
    world.primitives,
    { record: row.record, signature: row.recordSignature },
    { pin, policy: row.policy, keys },
  )
  return { row, record, hash: next.seen!.hash }
}

function summaryOf(session: Session, { row, record }: TrustedRow): VaultSummary {
  const { primitives } = session.world
  const { account, signingSeed } = session.stored
  const name = openVaultName(primitives, vaultNameSecret(primitives, signingSeed), {
    vault: fromHex(row.vault)!,
    sealed: row.sealedName,
    tag: row.nameTag,
  })
  const member = record.members.find((one) => toHex(one.account) === account)
  if (!member) {
    throw new HoldfastError(
      'FORBIDDEN',
      `${session.stored.name} is no member of vault ${row.vault}`,
    )
  }
  return {
    vault: row.vault,
    name: utf8ToText(name),
    role: member.rights,
    policy: record.policy,
  }
}
