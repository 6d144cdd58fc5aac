import type { Client } from '../../client/client.ts'
import type { VaultHealth } from '../results.ts'

/** The coordinator counts a large vault part by part. */
export async function vaultHealth({ session }: Client, vault: string): Promise<VaultHealth> {
  const total = { complete: 0, degraded: 0, unknown: 0, lost: 0 }
  let after: string | undefined
  do {
    const part = await session.control.call('vault/health', { vault, after })
    total.complete += part.complete
    total.degraded += part.degraded
    total.unknown += part.unknown
    total.lost += part.lost
    after = part.next
  } while (after !== undefined)
  return total
}
