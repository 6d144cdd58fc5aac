import { HoldfastError } from '../../base/errors.ts'
import type { Policy } from '../../catalogue/rows/vaults.ts'

/** Durable shards this write needs: what it asks for, else what the vault's policy says. BAD_POLICY. */
export function writeThreshold(policy: Policy, asked: number | undefined): number {
  const { k, m, threshold } = policy
  if (asked === undefined) return threshold
  if (asked >= k && asked <= k + m) return asked
  throw new HoldfastError(
    'BAD_POLICY',
    `Cannot write with ${asked} shards: from ${k} to ${k + m} can be in a vault with ${k}+${m}`,
  )
}
