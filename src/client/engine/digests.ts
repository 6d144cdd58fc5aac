/** Digests beside SHA-256, of those who ask for them: computed as content is read. */
import type { Primitives, RunningHash } from '../../core/primitives.ts'

export type DigestAlgorithm = 'md5'

export interface Digest {
  readonly algorithm: DigestAlgorithm
  readonly digest: Uint8Array
}

export class RunningDigests {
  readonly #running: readonly {
    readonly algorithm: DigestAlgorithm
    readonly hash: RunningHash
  }[]

  constructor(primitives: Primitives, algorithms: readonly DigestAlgorithm[] = []) {
    this.#running = algorithms.map((algorithm) => ({ algorithm, hash: primitives[algorithm]() }))
  }

  update(bytes: Uint8Array): void {
    for (const { hash } of this.#running) hash.update(bytes)
  }

  finish(): Digest[] {
    return this.#running.map(({ algorithm, hash }) => ({ algorithm, digest: hash.digest() }))
  }
}

/** Undefined when it was not asked for. */
export function md5In(digests: readonly Digest[]): Uint8Array | undefined {
  return digests.find(({ algorithm }) => algorithm === 'md5')?.digest
}
