/**
 * The engine's jobs themselves: synchronous, over one block of memory. One core belongs to one thread;
 * several cores of several threads share the memory and never the same slot at once.
 */
import { HoldfastError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import type { Kernels } from '../../core/kernels.ts'
import type { Primitives } from '../../core/primitives.ts'
import { vaultKeys } from '../../core/vault-keys.ts'
import type { VaultKeys } from '../../core/vault-keys.ts'
import { fromHex } from '../../base/bytes.ts'
import { assert } from '../../base/assert.ts'
import type { EngineVault } from './engine.ts'
import type { LocalFiles } from './local-files.ts'

export interface CoreParts {
  /** A view of all of the kernels' memory. */
  readonly memory: Uint8Array
  readonly kernels: Kernels
  readonly primitives: Primitives
  readonly random: Random
  readonly files: LocalFiles
}

/** A vault's keys as jobs use them. */
export interface CoreVault {
  readonly keys: VaultKeys
  readonly packListKey: Uint8Array
}

/** The vaults a thread was told of. */
export class CoreVaults {
  readonly #primitives: Primitives
  readonly #vaults = new Map<string, CoreVault>()

  constructor(primitives: Primitives) {
    this.#primitives = primitives
  }

  use(vault: EngineVault): void {
    const bytes = fromHex(vault.vault)
    assert(bytes !== undefined, 'a vault id is hex')
    const { lifeKey, generationKeys, packListKey } = vault
    const keys = vaultKeys(this.#primitives, { vault: bytes, lifeKey, generationKeys })
    this.#vaults.set(vault.vault, { keys, packListKey })
  }

  get(vault: string): CoreVault {
    const found = this.#vaults.get(vault)
    if (!found) throw new HoldfastError('INTERNAL', `Engine was not told of vault ${vault}`)
    return found
  }
}
