import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import { removePath } from '../../client/commit/remove-path.ts'
import { parseVaultLocation, pathOf } from '../location.ts'
import type { VaultLocation } from '../location.ts'
import { hasOption } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import type { RemovedFile } from '../results.ts'
import { showRemove } from '../show/transfer.ts'
import { endingOf } from './ending.ts'
import { locationText, noSuchPlace } from './find.ts'

/** `rm [-r] [--now] LOCATION…` */
export async function rm(context: Context, client: Client): Promise<Outcome> {
  const { invocation, signal } = context
  const files: RemovedFile[] = []
  // All are understood before anything is removed.
  const locations = invocation.operands.map(parseVaultLocation)
  for (const { vault, names } of locations) {
    const place = { vault, path: pathOf(names) }
    try {
      const { committer } = await client.vault(vault)
      const tombstone = await removePath(committer, {
        path: names,
        recursive: hasOption(invocation, 'recursive'),
        now: hasOption(invocation, 'now'),
        signal,
      })
      files.push({ ...place, version: tombstone.version })
    } catch (error) {
      if (signal.aborted) {
        return showRemove({ files }, { error: endingOf(error, { signal, begun: true }) })
      }
      const told = withLocation(error, { kind: 'vault', vault, names, asFolder: false })
      if (locations.length === 1) throw told
      files.push({ ...place, error: errorToJson(told) })
    }
  }
  return showRemove({ files })
}

/** The same with the place as it was typed. Throws what is no failure of ours. */
function withLocation(error: unknown, location: VaultLocation): HoldfastError {
  if (!(error instanceof HoldfastError)) throw error
  if (error.code === 'NOT_FOUND') return noSuchPlace(location)
  if (error.code !== 'FOLDER_NOT_EMPTY') return error
  const message = `Cannot remove ${locationText(location)}: it is not empty`
  return new HoldfastError(error.code, message, { cause: error, hint: error.hint })
}
