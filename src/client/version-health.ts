import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Session } from './session.ts'
import type { OpenVault } from './vaults.ts'

export type Health = 'complete' | 'degraded' | 'unknown' | 'lost'

/** Health of versions, in order, asked for in slices; undefined for a version that is gone. */
export async function healthOf(
  session: Session,
  wanted: {
    readonly vault: OpenVault
    readonly versions: readonly string[]
    readonly signal?: AbortSignal | undefined
  },
): Promise<(Health | undefined)[]> {
  const { versions, signal } = wanted
  const { vault } = wanted.vault
  const all: (Health | undefined)[] = []
  for (let at = 0; at < versions.length; at += limits.lookupVersionsMax) {
    const slice = versions.slice(at, at + limits.lookupVersionsMax)
    const { health } = await session.control.call('health', { vault, versions: slice }, { signal })
    assertSlice(health.length, slice.length)
    for (const one of health) all.push(one ?? undefined)
  }
  return all
}

function assertSlice(got: number, wanted: number): void {
  if (got === wanted) return
  throw new HoldfastError('MALFORMED', `Health of ${wanted} versions was asked, of ${got} it came`)
}
