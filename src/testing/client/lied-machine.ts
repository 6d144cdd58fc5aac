import type { ClientWorld } from '../../client/session.ts'
import { lyingTransport, type Lies } from '../malicious-coordinator.ts'
import { primitives, type ClientGrid } from './client-grid.ts'

/** A machine whose coordinator tells `lies`: fill them in when it is time. */
export function liedMachine(grid: ClientGrid): {
  readonly world: ClientWorld
  readonly lies: Lies
} {
  const lies: Lies = {}
  const macKeyOf = async (session: string) => (await grid.catalogue.session(session))?.macKey
  const world = grid.machine((honest) => lyingTransport(honest, { primitives, lies, macKeyOf }))
  return { world, lies }
}
