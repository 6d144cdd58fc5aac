import type { Client, ClientParts } from '../../client/client.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'

/** A command that works for the account that is logged in. */
export type ClientRun = (context: Context, client: Client) => Promise<Outcome>

/** A command that stands on the client's world, logged in or not. */
export type WorldRun = (context: Context, world: CommandWorld) => Promise<Outcome>

export interface CommandWorld {
  readonly parts: ClientParts
  /** `host:port` of the coordinator, from the settings. */
  readonly address: string
  /** Ed25519 public key it must have, when the settings say so. */
  readonly coordinatorKey: Uint8Array | undefined
}
