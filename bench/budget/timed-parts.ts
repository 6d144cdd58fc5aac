/** The parts that jobs of the engine stand on, each call of them counted to a stage. */
import type { CoreParts } from '../../src/client/engine/engine-core.ts'
import type { Kernels } from '../../src/core/kernels.ts'
import type { Primitives } from '../../src/core/primitives.ts'
import type { StageClock } from './stage-clock.ts'

/** Below this a keyed hash derives something, above it hashes content. */
const contentBytesMin = 1024

/** The same parts, with a clock about what is heavy. `hashing`: the stage of keyed hashes of content. */
export function timedParts(
  parts: CoreParts,
  { clock, hashing }: { readonly clock: StageClock; readonly hashing: () => string },
): CoreParts {
  const { files } = parts
  return {
    ...parts,
    primitives: timedPrimitives(parts.primitives, { clock, hashing }),
    kernels: timedKernels(parts.kernels, clock),
    files: { ...files, read: (...read) => clock.time('read', () => files.read(...read)) },
  }
}

function timedPrimitives(
  primitives: Primitives,
  { clock, hashing }: { readonly clock: StageClock; readonly hashing: () => string },
): Primitives {
  return {
    ...primitives,
    sha256() {
      const hash = primitives.sha256()
      return {
        update: (bytes) => clock.time('SHA-256', () => hash.update(bytes)),
        digest: () => hash.digest(),
      }
    },
    blake3Keyed(key, ...content) {
      const bytes = content.reduce((total, { length }) => total + length, 0)
      if (bytes < contentBytesMin) return primitives.blake3Keyed(key, ...content)
      return clock.time(hashing(), () => primitives.blake3Keyed(key, ...content))
    },
    seal: (...sealing) => clock.time('seal', () => primitives.seal(...sealing)),
    open: (...opening) => clock.time('open', () => primitives.open(...opening)),
  }
}

function timedKernels(kernels: Kernels, clock: StageClock): Kernels {
  return {
    memory: kernels.memory,
    encode: (work) => clock.time('code', () => kernels.encode(work)),
    reconstruct: (work) => clock.time('code', () => kernels.reconstruct(work)),
    findCut: (work) => clock.time('cut', () => kernels.findCut(work)),
  }
}
