import type { Client } from '../../client/client.ts'
import type { Context } from '../main.ts'

/** Before work starts: which nodes are not there. */
export async function noteDownNodes(context: Context, client: Client): Promise<void> {
  const { down, nodes } = await client.cluster()
  if (down.length === 0) return
  const up = `${nodes.length - down.length} of ${nodes.length} nodes up`
  context.output.note(`${nodesAre(down)} down (${up})`)
}

/** Before something is stored: which nodes are not there, and which take nothing. */
export async function noteUnwritableNodes(context: Context, client: Client): Promise<void> {
  await noteDownNodes(context, client)
  const { full, refusing } = (await client.cluster()).readOnly
  if (full.length > 0) context.output.note(`${nodesAre(full)} read-only: no space left`)
  if (refusing.length > 0) {
    context.output.note(`${nodesAre(refusing)} read-only: their disks refuse writes`)
  }
}

function nodesAre(names: readonly string[]): string {
  return names.length === 1 ? `node ${names[0]!} is` : `nodes ${names.join(', ')} are`
}
