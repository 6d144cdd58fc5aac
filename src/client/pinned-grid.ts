/** Which grid and account a machine logged in to before: another one under the same name is refused. */
import { equalBytes, toHex } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { gridIdOf } from '../core/grid-keys.ts'
import type { ControlClient } from '../wire/control-client.ts'
import type { ControlAnswer } from '../wire/control.ts'
import type { Credentials } from './credentials.ts'
import type { ClientWorld, StoredSession } from './session.ts'

export type Grid = ControlAnswer<'grid'>

/** IDENTITY_MISMATCH unless the grid id is that of the coordinator's key, and the key the wanted one. */
export async function askGrid(
  world: ClientWorld,
  control: ControlClient,
  { address, coordinatorKey }: Pick<Credentials, 'address' | 'coordinatorKey'>,
): Promise<Grid> {
  const grid = await control.call('grid', {})
  const derived = toHex(gridIdOf(world.primitives, grid.coordinatorKey))
  if (grid.gridId !== derived) {
    throw new HoldfastError(
      'IDENTITY_MISMATCH',
      `The coordinator says it is of grid ${grid.gridId}, its key is of grid ${derived}`,
    )
  }
  if (!coordinatorKey || equalBytes(coordinatorKey, grid.coordinatorKey)) return grid
  const keys = `has the key ${toHex(grid.coordinatorKey)}, wanted is ${toHex(coordinatorKey)}`
  throw new HoldfastError('IDENTITY_MISMATCH', `The coordinator at ${address} ${keys}`)
}

/** IDENTITY_MISMATCH, TERM_OLD. */
export function checkSameGrid(
  known: StoredSession | undefined,
  { name, address }: Credentials,
  grid: Grid,
): void {
  if (!known) return
  const same = known.gridId === grid.gridId && equalBytes(known.coordinatorKey, grid.coordinatorKey)
  if (!same) {
    const grids = `is of grid ${grid.gridId}, ${name} was logged in to grid ${known.gridId}`
    throw new HoldfastError('IDENTITY_MISMATCH', `The coordinator at ${address} ${grids}`, {
      hint: 'Check the address; if the grid was replaced on purpose, run holdfast logout first',
    })
  }
  if (grid.term < known.term) {
    const terms = `is of term ${grid.term}, this client has seen term ${known.term}`
    throw new HoldfastError('TERM_OLD', `The coordinator at ${address} ${terms}`)
  }
}

/** IDENTITY_MISMATCH. */
export function checkSameAccount(known: StoredSession | undefined, stored: StoredSession): void {
  if (!known) return
  const same = known.account === stored.account && equalBytes(known.signingSeed, stored.signingSeed)
  if (same) return
  throw new HoldfastError(
    'IDENTITY_MISMATCH',
    `${stored.name} is another account than the one that was logged in here: ${stored.account}, not ${known.account}`,
    { hint: 'If the account was replaced on purpose, run holdfast logout first' },
  )
}
