/**
 * What the coordinator knows of the nodes now: their rows, and in memory what they last said and when. A node
 * is up while its heartbeats come; after a start of the coordinator, nodes that were seen before count as up
 * until they could have been heard.
 */
import { toHex } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import type { Catalogue } from '../../catalogue/catalogue.ts'
import type { Id } from '../../catalogue/ids.ts'
import type { NodeRow } from '../../catalogue/rows/nodes.ts'
import type { ControlRequest } from '../../wire/control.ts'

export type Heartbeat = ControlRequest<'heartbeat'>

export interface NodeNow extends NodeRow {
  readonly up: boolean
  readonly said: Heartbeat | undefined
  readonly latencyMs: number | undefined
  /** By the monotonic clock; the coordinator's start when it was not heard yet. */
  readonly heardMs: number
  /** Since when it is up without a break, by the monotonic clock; from the coordinator's start at the most. */
  readonly upSinceMs: number
}

/** Told of a node that answers again, or whose store is not the one it was. */
export type NodeReturned = (node: Id, why: 'returned' | 'new' | 'older') => void

interface Presence {
  heardMs: number
  upSinceMs: number
  said: Heartbeat | undefined
  /** What of it the catalogue was told. */
  kept: Pick<Heartbeat, 'storeId' | 'lastRecord'> | undefined
  /** The mark it was answered with last. */
  told: Id | undefined
  /** Of the newest request: the next one's must be higher. */
  requestTimeMs: number
  latencyMs: number | undefined
}

export class Cluster {
  readonly #catalogue: Catalogue
  readonly #clock: Clock
  readonly #nodeDownMs: number
  readonly #presence = new Map<Id, Presence>()
  readonly #startMs: number
  readonly #listeners: NodeReturned[] = []
  #rows = new Map<Id, NodeRow>()
  readonly #random: Random
  #mark: { readonly id: Id; readonly sinceMs: number } | undefined

  constructor(options: {
    readonly catalogue: Catalogue
    readonly clock: Clock
    readonly random: Random
    readonly nodeDownMs: number
  }) {
    this.#catalogue = options.catalogue
    this.#clock = options.clock
    this.#random = options.random
    this.#nodeDownMs = options.nodeDownMs
    this.#startMs = options.clock.monotonicMs()
  }

  /** Reads the rows again. */
  async load(): Promise<void> {
    this.#rows = new Map((await this.#catalogue.nodes()).map((row) => [row.node, row]))
  }

  onReturn(listener: NodeReturned): void {
    this.#listeners.push(listener)
  }

  row(node: Id): NodeRow | undefined {
    return this.#rows.get(node)
  }

  nodes(): NodeNow[] {
    return [...this.#rows.values()].map((row) => this.#now(row))
  }

  node(node: Id): NodeNow | undefined {
    const row = this.#rows.get(node)
    return row && this.#now(row)
  }

  /** Nodes that new shards may be placed on, whether or not they are up. */
  placeable(): NodeNow[] {
    return this.nodes().filter(({ state }) => state === 'active')
  }

  /** Those that a write may be asked to reach: they take shards, and long enough that clients know of it. */
  reachable(): NodeNow[] {
    const untilMs = this.#clock.monotonicMs() - limits.zoneGraceMs
    return this.placeable().filter(({ up, said, upSinceMs }) => {
      const isKnown = upSinceMs <= untilMs || upSinceMs === this.#startMs
      return up && (said?.store ?? 'serving') === 'serving' && isKnown
    })
  }

  up(): Id[] {
    return this.nodes()
      .filter(({ up, said }) => up && said?.store !== 'disk-gone')
      .map(({ node }) => node)
  }

  /** Whether a request of this time may still come from the node: times rise. Takes note of it. */
  takeRequestTime(node: Id, timeMs: number): boolean {
    const presence = this.#presenceOf(node)
    if (timeMs <= presence.requestTimeMs) return false
    presence.requestTimeMs = timeMs
    return true
  }

  /** The least time that the next request of this node may carry. */
  nextRequestTime(node: Id): number {
    return this.#presenceOf(node).requestTimeMs + 1
  }

  /**
   * Takes note of what a node said: of its store first, so that it is never up with shards it lost. Gives the
   * mark to answer with, and the id of the quarantine that began.
   */
  async heard(said: Heartbeat): Promise<{ mark: Id; quarantined: string | undefined }> {
    const wasCounted = this.node(said.node)?.up
    const wasUp = this.#presence.get(said.node)?.said !== undefined && wasCounted
    const presence = this.#presenceOf(said.node)
    const { kept, told } = presence
    const mark = this.#markNow()
    const isSame = kept?.storeId === said.storeId && kept.lastRecord === said.lastRecord
    const isMarked = said.mark === mark && told === mark
    const quarantined = isSame && isMarked ? undefined : await this.#storeSeen(said, mark)
    presence.kept = said
    presence.told = mark
    presence.heardMs = this.#clock.monotonicMs()
    if (!wasCounted) presence.upSinceMs = this.#upSince(presence.heardMs)
    presence.said = said
    if (!wasUp) for (const tell of this.#listeners) tell(said.node, 'returned')
    return { mark, quarantined }
  }

  measured(node: Id, latencyMs: number): void {
    this.#presenceOf(node).latencyMs = latencyMs
  }

  async #storeSeen(
    { node, storeId, lastRecord, mark: said }: Heartbeat,
    next: Id,
  ): Promise<string | undefined> {
    const marks = { said, next }
    const seen = await this.#catalogue.nodeSeen({ node, storeId, lastRecord, marks })
    const { store, quarantined } = seen
    if (quarantined !== undefined) await this.load()
    const row = this.#rows.get(node)
    if (row) this.#rows.set(node, { ...row, storeId, lastRecord })
    if (store !== 'same') for (const tell of this.#listeners) tell(node, store)
    return quarantined
  }

  /** Each process has its own, and another from time to time: who took up an older catalogue is found by it. */
  #markNow(): Id {
    const nowMs = this.#clock.monotonicMs()
    if (this.#mark === undefined || nowMs - this.#mark.sinceMs >= limits.markPeriodMs) {
      this.#mark = { id: toHex(this.#random.bytes(16)), sinceMs: nowMs }
    }
    return this.#mark.id
  }

  /** What is heard first at the coordinator's start may have been up for long. */
  #upSince(heardMs: number): number {
    return heardMs - this.#startMs < this.#nodeDownMs ? this.#startMs : heardMs
  }

  #presenceOf(node: Id): Presence {
    const known = this.#presence.get(node)
    if (known) return known
    const presence = {
      heardMs: this.#startMs,
      upSinceMs: this.#startMs,
      said: undefined,
      kept: undefined,
      told: undefined,
      requestTimeMs: 0,
      latencyMs: undefined,
    }
    this.#presence.set(node, presence)
    return presence
  }

  #now(row: NodeRow): NodeNow {
    const presence = this.#presence.get(row.node)
    const heardMs = presence?.heardMs ?? this.#startMs
    const said = presence?.said
    const recent = this.#clock.monotonicMs() - heardMs < this.#nodeDownMs
    const up = recent && (said !== undefined || row.storeId !== undefined)
    const upSinceMs = presence?.upSinceMs ?? this.#startMs
    return { ...row, up, said, latencyMs: presence?.latencyMs, heardMs, upSinceMs }
  }
}
