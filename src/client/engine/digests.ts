/** SHA-256 of a content, and digests beside it for those who ask for them. */
import type { Primitives, RunningHash } from '../../core/primitives.ts'

export type DigestAlgorithm = 'md5'

export interface Digest {
  readonly algorithm: DigestAlgorithm
  readonly digest: Uint8Array
}

export interface ContentDigests {
  /** 32 bytes. */
  readonly sha256: Uint8Array
  readonly digests: readonly Digest[]
}

export class RunningDigests {
  readonly #sha256: RunningHash
  #bytes = 0
  readonly #running: readonly {
    readonly algorithm: DigestAlgorithm
    readonly hash: RunningHash
  }[]

  constructor(primitives: Primitives, algorithms: readonly DigestAlgorithm[] = []) {
    this.#sha256 = primitives.sha256()
    this.#running = algorithms.map((algorithm) => ({ algorithm, hash: primitives[algorithm]() }))
  }

  /** How many were taken. */
  get bytes(): number {
    return this.#bytes
  }

  update(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    this.#sha256.update(bytes)
    for (const { hash } of this.#running) hash.update(bytes)
  }

  finish(): ContentDigests {
    return {
      sha256: this.#sha256.digest(),
      digests: this.#running.map(({ algorithm, hash }) => ({ algorithm, digest: hash.digest() })),
    }
  }
}

/** Undefined when it was not asked for. */
export function md5In(digests: readonly Digest[]): Uint8Array | undefined {
  return digests.find(({ algorithm }) => algorithm === 'md5')?.digest
}
