/** Accounts and their sessions. */
import type { Blob, Id } from '../ids.ts'
import type { NewVault } from './vaults.ts'

export interface NewAccount {
  readonly account: Id
  readonly name: string
  readonly opaqueRecord: Blob
  readonly signingKey: Blob
  readonly boxKey: Blob
  readonly bundle: Blob
  readonly quotaBytes: number | undefined
  readonly home: NewVault
}

/** Undefined: no limit. */
export interface AccountQuota {
  readonly name: string
  readonly quotaBytes?: number | undefined
}

export interface AccountRow extends Omit<NewAccount, 'home'> {
  /** Sealed bytes of the chunks in the account's own vaults. */
  readonly usedBytes: number
}

/** More is used than may be. */
export interface Excess {
  readonly quotaBytes: number
  readonly usedBytes: number
}

export interface NewSession {
  readonly session: Id
  readonly account: Id
  readonly macKey: Blob
  /** Of the account name and source whose count of tries this ends. */
  readonly tried: { readonly name: string; readonly source: string }
  readonly lifeMs: number
}

export interface SessionRow {
  readonly session: Id
  readonly account: Id
  readonly accountName: string
  readonly macKey: Blob
  readonly expiresMs: number
}
