import type { Client } from '../../client/client.ts'
import type { Context } from '../main.ts'

/** Before work starts: which nodes are not there. */
export async function noteDownNodes(context: Context, client: Client): Promise<void> {
  const { down, nodes } = await client.cluster()
  if (down.length === 0) return
  const which = down.length === 1 ? `node ${down[0]!} is` : `nodes ${down.join(', ')} are`
  context.output.note(`${which} down (${nodes.length - down.length} of ${nodes.length} nodes up)`)
}
