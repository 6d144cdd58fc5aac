/** What a refusal of the coordinator names. What cannot be read is MALFORMED. */
import { fromBase64 } from '../../base/bytes.ts'
import { HoldfastError, hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { chunkIdBytes } from '../../core/sized.ts'

/** Chunk ids of CHUNKS_MISSING; at least one. */
export function chunksIn(error: HoldfastError): Uint8Array[] {
  const { chunks } = error.details
  const together = typeof chunks === 'string' ? fromBase64(chunks) : undefined
  if (!together || together.length === 0 || together.length % chunkIdBytes !== 0) {
    throw malformed('which chunks are missing', error)
  }
  const ids: Uint8Array[] = []
  for (let at = 0; at < together.length; at += chunkIdBytes)
    ids.push(together.subarray(at, at + chunkIdBytes))
  return ids
}

/** Pack ids of PACK_DEAD, hex; at least one. */
export function packsIn(error: HoldfastError): string[] {
  const { packs } = error.details
  const named = Array.isArray(packs) ? packs.filter((pack) => typeof pack === 'string') : []
  if (named.length === 0) throw malformed('which packs are dead', error)
  return named
}

/** Positions of the operations that conflict (CHANGED); at least one. */
export function conflictsIn(error: HoldfastError): Set<number> {
  const { conflicts } = error.details
  const positions = new Set<number>()
  for (const conflict of Array.isArray(conflicts) ? (conflicts as unknown[]) : []) {
    const { at } = (conflict ?? {}) as { at?: unknown }
    if (typeof at === 'number' && at >= 0 && at < limits.commitOperationsMax) positions.add(at)
  }
  if (positions.size === 0) throw malformed('what changed meanwhile', error)
  return positions
}

/** Whether an upload is gone, not something else. */
export function isUploadGone(error: unknown): boolean {
  return hasCode(error, 'NOT_FOUND') && error.details.upload !== undefined
}

function malformed(what: string, cause: HoldfastError): HoldfastError {
  return new HoldfastError('MALFORMED', `The coordinator does not say ${what}`, { cause })
}
