/** What moving sealed packs costs on each side: the shipped client modules here, the grid's own processes there. */
import type { Grid } from '../processes/grid.ts'
import { openLibrary } from '../processes/library.ts'
import { ServerMeter } from '../processes/usage.ts'
import { sum } from '../report/statistics.ts'
import type { Stage } from './limit.ts'
import { PackTraffic, packUserBytes } from './pack-traffic.ts'

export interface WireStages {
  readonly put: readonly Stage[]
  readonly get: readonly Stage[]
}

/** Moves about `bytes` of user data to the nodes and back. */
export async function wireStages(grid: Grid, bytes: number): Promise<WireStages> {
  const client = openLibrary(grid.home)
  const traffic = await PackTraffic.open(client, 'home')
  const packs = Math.ceil(bytes / packUserBytes)
  try {
    await traffic.warmUp()
    const put = await costOf(grid, () => traffic.send(packs))
    const get = await costOf(grid, () => traffic.readBack())
    const moved = packs * packUserBytes
    return { put: stagesOf(put, moved), get: stagesOf(get, moved) }
  } finally {
    await traffic.close()
    await client.close()
  }
}

/** Processor seconds. */
interface Cost {
  readonly client: number
  readonly coordinator: number
  readonly nodes: number
}

async function costOf(grid: Grid, work: () => Promise<void>): Promise<Cost> {
  const meter = new ServerMeter(grid.servers)
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  const [coordinator, ...nodes] = meter.read()
  return {
    client: (user + system) / 1e6,
    coordinator: coordinator!.processorSeconds,
    nodes: sum(nodes.map(({ processorSeconds }) => processorSeconds)),
  }
}

function stagesOf(cost: Cost, bytes: number): Stage[] {
  const perByte = (seconds: number): number => (seconds * 1e9) / bytes
  return [
    { name: 'sockets', where: 'client', nanosecondsPerByte: perByte(cost.client) },
    { name: 'sockets, hash, disk', where: 'nodes', nanosecondsPerByte: perByte(cost.nodes) },
    { name: 'rows', where: 'coordinator', nanosecondsPerByte: perByte(cost.coordinator) },
  ]
}
