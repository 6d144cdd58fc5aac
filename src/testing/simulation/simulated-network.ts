import { HoldfastError } from '../../base/errors.ts'
import type { Connection, ConnectOptions, Listener, Network } from '../../base/network.ts'
import { countNothing } from './counters.ts'
import type { Count } from './counters.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'
import { SimulatedConnection } from './simulated-connection.ts'
import type { Piece } from './simulated-connection.ts'
import { SimulatedLink } from './simulated-link.ts'
import type { LinkConditions } from './simulated-link.ts'

/** A network of named hosts on one scheduler; addresses are `host:port`. The same seed gives the same run. */
export interface SimulatedNetwork {
  /**
   * The network as this host sees it until it crashes: what a process of before still does with it after that
   * has no effect.
   */
  host(name: string): Network
  /**
   * Its connections end and its listeners are gone. What it had sent still arrives; then the other ends
   * notice (a killed process) or, `silent`, never do (power).
   */
  crash(name: string, options?: { readonly silent?: boolean }): void
  /** Conditions from now on between two hosts, both directions. */
  setLink(left: string, right: string, conditions: Partial<LinkConditions>): void
  /** Nothing passes from `from` to `to` (one direction): no bytes, no ends. Connections stay as they are. */
  cut(from: string, to: string): void
  /** Heals a cut: what waited is delivered, however old. */
  mend(from: string, to: string): void
  /** Breaks all connections between the two hosts, for both. */
  reset(left: string, right: string): void
  /** What happens to attempts to connect to this host: refused at once, or never answered. */
  setConnects(name: string, mode: ConnectMode): void
}

export type ConnectMode = 'accept' | 'refuse' | 'hang'

interface Host {
  readonly name: string
  readonly listeners: Map<number, (connection: Connection) => void>
  readonly pairs: Set<Pair>
  incarnation: number
  nextPort: number
  connects: ConnectMode
}

/** Both ends of a connection. */
interface Pair {
  readonly near: SimulatedConnection
  readonly far: SimulatedConnection
  readonly nearHost: Host
  readonly farHost: Host
  /** Of the far side. */
  readonly port: number
}

interface World {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly conditions?: Partial<LinkConditions>
  readonly count?: Count
}

export function simulatedNetwork(world: World): SimulatedNetwork {
  return new HostsAndLinks(world)
}

/** How links are unless told otherwise. */
export const calmLink: LinkConditions = {
  latencyMs: 0.2,
  jitterMs: 0.1,
  bytesPerMs: 500_000,
  flipChance: 0,
}

class HostsAndLinks implements SimulatedNetwork {
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #conditions: LinkConditions
  readonly #count: Count
  readonly #hosts = new Map<string, Host>()
  readonly #links = new Map<string, SimulatedLink>()

  constructor(world: World) {
    this.#scheduler = world.scheduler
    this.#random = world.random
    this.#count = world.count ?? countNothing
    this.#conditions = { ...calmLink, ...world.conditions }
  }

  host(name: string): Network {
    const host = this.#host(name)
    const { incarnation } = host
    const isGone = (): boolean => host.incarnation !== incarnation
    return {
      connect: (address, options) =>
        isGone() ? new Promise(() => {}) : this.#connect(host, { address, options, isGone }),
      listen: async (address, accept) => this.#listen(host, { address, accept, isGone }),
    }
  }

  crash(name: string, options: { readonly silent?: boolean } = {}): void {
    const host = this.#host(name)
    host.incarnation += 1
    host.listeners.clear()
    for (const pair of host.pairs) this.#crashPair(pair, { host, silent: options.silent ?? false })
    host.pairs.clear()
  }

  setLink(left: string, right: string, conditions: Partial<LinkConditions>): void {
    this.#link(left, right).change(conditions)
    this.#link(right, left).change(conditions)
  }

  cut(from: string, to: string): void {
    this.#link(from, to).cut()
  }

  mend(from: string, to: string): void {
    this.#link(from, to).mend()
  }

  reset(left: string, right: string): void {
    for (const pair of this.#host(left).pairs) {
      const other = pair.nearHost.name === left ? pair.farHost : pair.nearHost
      if (other.name !== right) continue
      this.#count('network: connections reset')
      pair.near.break(new Error('The network reset the connection'))
      pair.far.break(new Error('The network reset the connection'))
    }
  }

  setConnects(name: string, mode: ConnectMode): void {
    this.#host(name).connects = mode
  }

  #crashPair(
    pair: Pair,
    { host, silent }: { readonly host: Host; readonly silent: boolean },
  ): void {
    const atNear = pair.nearHost === host
    const [own, other] = atNear ? [pair.near, pair.far] : [pair.far, pair.near]
    const otherHost = atNear ? pair.farHost : pair.nearHost
    own.kill()
    otherHost.pairs.delete(pair)
    if (!silent)
      this.#link(host.name, otherHost.name).carry(0, () => other.arrive({ kind: 'reset' }))
  }

  #listen(host: Host, request: ListenRequest): Listener {
    const wanted = portOf(request.address)
    const port = wanted === 0 ? host.nextPort++ : wanted
    if (host.listeners.has(port)) {
      throw new HoldfastError('PORT_IN_USE', `Something else listens at ${host.name}:${port}`)
    }
    if (!request.isGone()) host.listeners.set(port, request.accept)
    return {
      address: `${host.name}:${port}`,
      close: async () => {
        if (request.isGone()) return
        host.listeners.delete(port)
        for (const pair of host.pairs) if (ownsFar(pair, host, port)) pair.far.destroy()
      },
    }
  }

  #connect(near: Host, request: ConnectRequest): Promise<Connection> {
    const { address, options, isGone } = request
    const far = this.#host(address.slice(0, address.lastIndexOf(':')))
    return new Promise((resolve, reject) => {
      const settle = (outcome: Connection | Error): void => {
        timer.cancel()
        options.signal?.removeEventListener('abort', abort)
        if (isGone()) return
        if (outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      }
      const abort = (): void => settle(options.signal!.reason as Error)
      const tooLong = (): void => settle(unreachable(address, 'no answer'))
      const timer = this.#scheduler.after(options.timeoutMs, tooLong)
      options.signal?.addEventListener('abort', abort, { once: true })
      if (options.signal?.aborted) abort()
      this.#link(near.name, far.name).carry(0, () => {
        if (!isGone()) this.#knock({ near, far, port: portOf(address) }, settle)
      })
    })
  }

  /** A request to connect arrived at its host. */
  #knock(
    { near, far, port }: { readonly near: Host; readonly far: Host; readonly port: number },
    settle: (outcome: Connection | Error) => void,
  ): void {
    if (far.connects !== 'accept') this.#count('network: connections not taken')
    if (far.connects === 'hang') return
    const back = this.#link(far.name, near.name)
    const accept = far.connects === 'accept' ? far.listeners.get(port) : undefined
    if (accept === undefined) {
      back.carry(0, () => settle(unreachable(`${far.name}:${port}`, 'refused')))
      return
    }
    const pair = this.#pair({ near, far, port })
    accept(pair.far)
    back.carry(0, () => settle(pair.near))
  }

  #pair({
    near,
    far,
    port,
  }: {
    readonly near: Host
    readonly far: Host
    readonly port: number
  }): Pair {
    const there = this.#link(near.name, far.name)
    const back = this.#link(far.name, near.name)
    const nearPort = near.nextPort++
    const nearEnd: SimulatedConnection = new SimulatedConnection(`${far.name}:${port}`, {
      closed: () => forget(),
      send: (piece) => there.carry(lengthOf(piece), () => farEnd.arrive(there.spoil(piece))),
      soon: (run) => void this.#scheduler.after(0, run),
    })
    const farEnd: SimulatedConnection = new SimulatedConnection(`${near.name}:${nearPort}`, {
      closed: () => forget(),
      send: (piece) => back.carry(lengthOf(piece), () => nearEnd.arrive(back.spoil(piece))),
      soon: (run) => void this.#scheduler.after(0, run),
    })
    const forget = (): void => {
      if (nearEnd.isOpen || farEnd.isOpen) return
      near.pairs.delete(pair)
      far.pairs.delete(pair)
    }
    nearEnd.onTaken = (count) => farEnd.acknowledged(count)
    farEnd.onTaken = (count) => nearEnd.acknowledged(count)
    const pair = { near: nearEnd, far: farEnd, nearHost: near, farHost: far, port }
    near.pairs.add(pair)
    far.pairs.add(pair)
    return pair
  }

  #link(from: string, to: string): SimulatedLink {
    const key = `${from} ${to}`
    let link = this.#links.get(key)
    if (link === undefined) {
      const world = { scheduler: this.#scheduler, random: this.#random, count: this.#count }
      link = new SimulatedLink(world, this.#conditions)
      this.#links.set(key, link)
    }
    return link
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name)
    if (host === undefined) {
      const parts = { listeners: new Map(), pairs: new Set<Pair>(), connects: 'accept' } as const
      host = { name, ...parts, incarnation: 1, nextPort: 40_000 }
      this.#hosts.set(name, host)
    }
    return host
  }
}

interface ListenRequest {
  readonly address: string
  readonly accept: (connection: Connection) => void
  readonly isGone: () => boolean
}

interface ConnectRequest {
  readonly address: string
  readonly options: ConnectOptions
  readonly isGone: () => boolean
}

function ownsFar(pair: Pair, host: Host, port: number): boolean {
  return pair.farHost === host && pair.port === port
}

function lengthOf(piece: Piece): number {
  return piece.kind === 'bytes' ? piece.bytes.length : 0
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

function unreachable(address: string, why: string): HoldfastError {
  const details = { address }
  return new HoldfastError('NODE_UNREACHABLE', `Cannot connect to ${address}: ${why}`, { details })
}
