/**
 * The secret of the grid and its catalogue belong together: with one of them alone a coordinator would begin
 * another grid over the nodes of this one.
 */
import { existsSync, rmSync, statSync } from 'node:fs'
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { writeWhole } from '../../src/base/adapters/write-whole.ts'
import { HoldfastError } from '../../src/base/errors.ts'
import { readOrMakeSecret, readSecret } from '../../src/cli/adapters/secret-file.ts'

const catalogueName = 'catalogue.db'

/** Drawn when the folder has neither. CORRUPT when one of the two is gone. */
export function openGridSecret(folder: string): Uint8Array {
  const path = `${folder}/grid-secret`
  const secret = readSecret(path)
  const hasCatalogue = (statSync(cataloguePath(folder), { throwIfNoEntry: false })?.size ?? 0) > 0
  if (secret !== undefined && (hasCatalogue || existsSync(newGridPath(folder)))) return secret
  if (secret !== undefined) throw partGone(folder, { gone: catalogueName, there: 'grid-secret' })
  if (hasCatalogue) throw partGone(folder, { gone: 'grid-secret', there: catalogueName })
  writeWhole(newGridPath(folder), 'The catalogue was not made yet.\n')
  return readOrMakeSecret(path, systemRandom)
}

export function cataloguePath(folder: string): string {
  return `${folder}/${catalogueName}`
}

/** From now on the catalogue must be there. */
export function catalogueMade(folder: string): void {
  rmSync(newGridPath(folder), { force: true })
}

/** There from the first use of the secret until the catalogue is made. */
function newGridPath(folder: string): string {
  return `${folder}/new-grid`
}

function partGone(
  folder: string,
  { gone, there }: { readonly gone: string; readonly there: string },
): HoldfastError {
  const message = `The folder ${folder} has ${there} but no ${gone}: nothing of the grid can be served`
  return new HoldfastError('CORRUPT', message, {
    hint: `Put ${gone} back from a copy of the folder, or begin a new grid in another one`,
  })
}
