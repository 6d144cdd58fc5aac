import { HoldfastError } from '../../base/errors.ts'

export interface TooFewShards {
  readonly policy: { readonly k: number; readonly m: number }
  /** Durable shards that were needed. */
  readonly threshold: number
  readonly written: number
  /** Names of nodes that are not there. */
  readonly down: readonly string[]
  /** What nodes answered. */
  readonly errors: readonly HoldfastError[]
}

/** Why a pack could not be stored durably, and what would help. */
export function tooFewShards(lack: TooFewShards): HoldfastError {
  const { policy, threshold, written, down, errors } = lack
  const { k, m } = policy
  const full = errors.find(({ code }) => code === 'NO_SPACE')
  if (full) return full
  const zones = written < threshold ? '' : ', but not in each zone that can be reached'
  const missing = down.length > 0 ? `; not there: ${down.join(', ')}` : ''
  return new HoldfastError(
    'TOO_FEW_NODES',
    `Cannot store durably at ${k}+${m}: ${written} of ${threshold} needed shards were written${zones}${missing}`,
    {
      hint: hintFor(lack),
      details: { written, threshold, down },
      cause: errors[0],
    },
  )
}

function hintFor({ policy, threshold, written }: TooFewShards): string {
  if (threshold <= policy.k || written < policy.k) return 'Bring nodes back; see holdfast status'
  return `A further loss would not be survived: bring nodes back, or accept that with --min-shards ${written}`
}
