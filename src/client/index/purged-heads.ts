/**
 * Heads that were purged. The coordinator may purge what was replaced, and what lies below a deleted folder; a
 * head that it calls purged otherwise is withheld.
 */
import { forgedCommit } from '../../core/commit-check.ts'
import type { PurgedHead, VaultIndex } from './vault-index.ts'

const headsAtOnce = 1024

/**
 * At the end of a feed. RECORD_FORGED when a head is withheld. Inside of a transaction; what is found right is
 * not looked at again, because nothing that was deleted with a folder comes back.
 */
export function settlePurged(index: VaultIndex, vault: string): void {
  const deleted = new Map<string, boolean>([[vault, false]])
  for (;;) {
    const heads = index.unsettled(headsAtOnce)
    if (heads.length === 0) return
    for (const head of heads) {
      if (!isDeleted(index, head.parent, deleted)) throw withheld(head)
      index.settle(head.entry)
    }
  }
}

/** Whether a folder, or one above it, is deleted. `known` grows by what was found on the way. */
function isDeleted(index: VaultIndex, folder: string, known: Map<string, boolean>): boolean {
  const passed: string[] = []
  let found: boolean | undefined
  for (let at: string | undefined = folder; found === undefined;) {
    found = at === undefined ? false : known.get(at)
    if (at === undefined || found !== undefined) break
    passed.push(at)
    const head: PurgedHead | undefined = index.entry(at) ?? index.purgedHead(at)
    if (head?.tombstone === true) found = true
    // A folder above itself would never end.
    known.set(at, false)
    at = head?.parent
  }
  for (const each of passed) known.set(each, found === true)
  return found === true
}

function withheld({ entry, version, n }: PurgedHead): Error {
  return forgedCommit(
    n,
    `version ${version} is the head of entry ${entry}, and is left out as purged`,
  )
}
