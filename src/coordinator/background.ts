/** The services in the background, and what makes them work. */
import { ErasureCoder } from '../core/erasure.ts'
import { BackgroundLoop, type BackgroundService } from './background-loop.ts'
import { Probe } from './cluster/probe.ts'
import { Collector } from './collect/collector.ts'
import { Strangers } from './collect/strangers.ts'
import type { CoordinatorContext } from './context.ts'
import { Census } from './heal/census.ts'
import { Healer } from './heal/healer.ts'
import type { NodeConnections, NodesWorld } from './nodes-world.ts'

export class Background {
  readonly healer: BackgroundService
  readonly collector: BackgroundService
  readonly #connections: NodeConnections
  readonly #loops: readonly BackgroundLoop[]

  constructor(context: CoordinatorContext, connections: NodeConnections) {
    const world: NodesWorld = { context, connections }
    const strangers = new Strangers(world)
    const census = new Census(world, (result) => strangers.found(result))
    this.#connections = connections
    const healer = new Healer({ ...world, coder: new ErasureCoder() }, census)
    this.healer = healer
    this.collector = new Collector(world, strangers)
    const { limits } = context
    const healing = loopOf(context, {
      name: 'heal',
      service: this.healer,
      idleMs: limits.healPeriodMs,
      idleMaxMs: limits.healIdleMaxMs,
    })
    this.#loops = [
      healing,
      loopOf(context, {
        name: 'collect',
        service: this.collector,
        idleMs: limits.collectPeriodMs,
        idleMaxMs: limits.collectPeriodMs,
      }),
      loopOf(context, {
        name: 'census',
        service: periodicCensus(context, census),
        idleMs: limits.censusPeriodMs,
        idleMaxMs: limits.censusPeriodMs,
      }),
      loopOf(context, {
        name: 'probe',
        service: new Probe(world),
        idleMs: limits.probePeriodMs,
        idleMaxMs: limits.probePeriodMs,
      }),
    ]
    strangers.onMore = (node) => {
      census.want(node)
      healing.wake()
    }
    context.suspects.onAdded = () => healing.wake()
    for (const { node, state } of context.cluster.nodes())
      if (state === 'evicted') census.want(node)
    context.cluster.onReturn((node) => {
      census.want(node)
      healer.rouse()
      healing.wake()
    })
  }

  start(): void {
    for (const loop of this.#loops) loop.start()
  }

  async close(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()))
    this.#connections.close()
  }
}

interface LoopParts {
  readonly name: string
  readonly service: BackgroundService
  readonly idleMs: number
  readonly idleMaxMs: number
}

function loopOf({ clock, logger }: CoordinatorContext, parts: LoopParts): BackgroundLoop {
  return new BackgroundLoop(parts.service, { ...parts, clock, logger })
}

/** Each node is counted again from time to time: what was left behind by interrupted work is found so. */
function periodicCensus(context: CoordinatorContext, census: Census): BackgroundService {
  return {
    step() {
      for (const { node } of context.cluster.nodes()) census.want(node)
      return Promise.resolve(false)
    },
  }
}
