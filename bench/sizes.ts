/** How much is done: enough for figures to stand still, or only enough to see that everything works. */

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

export interface Sizes {
  readonly rounds: number
  readonly largeBytes: number
  readonly smallFiles: number
  readonly smallBytes: number
  /** Of one whole command. */
  readonly commandRuns: number
  /** Inside one client. */
  readonly operations: number
  readonly policyBytes: number
  readonly sealBytes: number
  readonly linkBytes: number
  readonly budgetBytes: number
  readonly streamBytes: number
  readonly cutBytes: number
  readonly placedPacks: number
}

export const fullSizes: Sizes = {
  rounds: 3,
  largeBytes: GiB,
  smallFiles: 5000,
  smallBytes: 4 * KiB,
  commandRuns: 50,
  operations: 500,
  policyBytes: 256 * MiB,
  sealBytes: 2 * GiB,
  linkBytes: 512 * MiB,
  budgetBytes: GiB,
  streamBytes: 4 * GiB,
  cutBytes: GiB,
  placedPacks: 50_000,
}

export const quickSizes: Sizes = {
  rounds: 2,
  largeBytes: 128 * MiB,
  smallFiles: 500,
  smallBytes: 4 * KiB,
  commandRuns: 5,
  operations: 40,
  policyBytes: 32 * MiB,
  sealBytes: 256 * MiB,
  linkBytes: 64 * MiB,
  budgetBytes: 128 * MiB,
  streamBytes: 256 * MiB,
  cutBytes: 128 * MiB,
  placedPacks: 5000,
}

export const hugeStreamBytes = 16 * GiB
