import type { Engine } from './engine/engine.ts'
import type { OpenVault } from './vaults.ts'

export interface EngineUse {
  readonly vault: OpenVault
  /** Room that the work needs. */
  readonly slotBytes: number
}

interface Kept {
  readonly engine: Engine
  readonly slotBytes: number
  /** Ids of those it was told of. */
  readonly vaults: Set<string>
}

/** The engines of one client: made when they are needed, each for one piece of work at a time, used again. */
export class Engines {
  readonly #make: (slotBytes: number) => Engine
  readonly #all = new Set<Engine>()
  #idle: Kept[] = []

  constructor(make: (slotBytes: number) => Engine) {
    this.#make = make
  }

  async use<Result>(use: EngineUse, work: (engine: Engine) => Promise<Result>): Promise<Result> {
    const kept = this.#take(use)
    const result = await work(kept.engine)
    // One that failed may have broken threads: it is not used again.
    this.#idle.push(kept)
    return result
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((engine) => engine.close()))
  }

  #take({ vault, slotBytes }: EngineUse): Kept {
    const idle = this.#idle.find((kept) => kept.slotBytes === slotBytes)
    this.#idle = this.#idle.filter((kept) => kept !== idle)
    const kept = idle ?? this.#made(slotBytes)
    if (!kept.vaults.has(vault.vault)) {
      kept.vaults.add(vault.vault)
      const { lifeKey, generationKeys } = vault.keys
      const { packListKey } = vault
      kept.engine.useVault({ vault: vault.vault, lifeKey, generationKeys, packListKey })
    }
    return kept
  }

  #made(slotBytes: number): Kept {
    const engine = this.#make(slotBytes)
    this.#all.add(engine)
    return { engine, slotBytes, vaults: new Set() }
  }
}
