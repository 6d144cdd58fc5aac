import { HoldfastError } from '../../base/errors.ts'

export interface TooFewShards {
  readonly policy: { readonly k: number; readonly m: number }
  /** Durable shards that were needed. */
  readonly threshold: number
  readonly written: number
  /** Names of nodes that are not there. */
  readonly down: readonly string[]
  /** Names of nodes that are there and have no space. */
  readonly full: readonly string[]
  /** Names of nodes that are there and whose disks refuse writes. */
  readonly refusing: readonly string[]
  /** What nodes answered. */
  readonly errors: readonly HoldfastError[]
}

/** Why a pack could not be stored durably, and what would help. */
export function tooFewShards(lack: TooFewShards): HoldfastError {
  const { policy, threshold, written, down, full, refusing, errors } = lack
  const code = codeOf(lack)
  const zones = written < threshold ? '' : ', but not in each zone that can be reached'
  const reasons = [
    down.length > 0 ? `not there: ${down.join(', ')}` : '',
    full.length > 0 ? `without space: ${full.join(', ')}` : '',
    refusing.length > 0 ? `refusing writes: ${refusing.join(', ')}` : '',
  ]
  const needed = `${written} of ${threshold} needed shards were written${zones}`
  return new HoldfastError(
    code,
    [`Cannot store durably at ${policy.k}+${policy.m}: ${needed}`, ...reasons]
      .filter(Boolean)
      .join('; '),
    {
      hint: hintOf(code, lack),
      details: { written, threshold, down, full, refusing },
      cause: errors[0],
    },
  )
}

/** What it would take: space where it would be enough, else nodes. */
function codeOf(lack: TooFewShards): 'NO_SPACE' | 'READ_ONLY' | 'TOO_FEW_NODES' {
  const { threshold, written, full, refusing, errors } = lack
  const hasFull = full.length > 0 || errors.some(({ code }) => code === 'NO_SPACE')
  if (hasFull && written + Math.max(1, full.length) >= threshold) return 'NO_SPACE'
  if (refusing.length > 0 && written + full.length + refusing.length >= threshold) {
    return hasFull ? 'NO_SPACE' : 'READ_ONLY'
  }
  return 'TOO_FEW_NODES'
}

function hintOf(code: ReturnType<typeof codeOf>, lack: TooFewShards): string {
  const { policy, threshold, written, down, full, refusing } = lack
  const mend = [
    down.length > 0 || code === 'TOO_FEW_NODES' ? 'bring nodes back' : '',
    full.length > 0 || code === 'NO_SPACE' ? 'free space on the disks of the full nodes' : '',
    refusing.length > 0 ? 'mend the disks that refuse writes' : '',
  ].filter(Boolean)
  // Accepting less helps only where what was written can be read again.
  if (threshold > policy.k && written >= policy.k) {
    return `A further loss would not be survived: ${mend.join(' and ')}, or accept that with --min-shards ${written}`
  }
  return `${capital(mend.join(' and '))}; see holdfast status`
}

function capital(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`
}
