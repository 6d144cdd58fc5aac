/** Sealed packs on their way to nodes and back, without anything that comes before or after. */
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { limits } from '../../src/base/limits.ts'
import { createThreadsEngine } from '../../src/client/adapters/threads-engine.ts'
import { idToBytes } from '../../src/core/id-to-bytes.ts'
import type { Cluster } from '../../src/client/cluster.ts'
import type { Client } from '../../src/client/client.ts'
import type { NewPack } from '../../src/client/commit/pending.ts'
import type { Engine, PackOrder, SealedPack } from '../../src/client/engine/engine.ts'
import { packSlotBytes } from '../../src/client/engine/pack-writer.ts'
import { sendPack } from '../../src/client/put/pack-sender.ts'
import { Upload } from '../../src/client/put/upload.ts'
import type { OpenVault } from '../../src/client/vaults.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { shardIdentities } from '../../src/core/shard.ts'
import { fillChunks } from './sample-chunks.ts'

const MiB = 1024 * 1024
const chunksPerPack = 3
const primitives = createNativePrimitives()

/** User data in one pack. */
export const packUserBytes = chunksPerPack * MiB

interface SentPlaces {
  readonly pack: NewPack
  readonly shardLength: number
}

export class PackTraffic {
  readonly #client: Client
  readonly #cluster: Cluster
  readonly #vault: OpenVault
  readonly #engine: Engine
  readonly #sealed: SealedPack
  readonly #order: PackOrder
  readonly #upload: Upload
  readonly #sent: SentPlaces[] = []

  private constructor(parts: {
    readonly client: Client
    readonly cluster: Cluster
    readonly vault: OpenVault
    readonly engine: Engine
    readonly sealed: SealedPack
    readonly order: PackOrder
  }) {
    const { client, vault } = parts
    this.#client = client
    this.#cluster = parts.cluster
    this.#vault = vault
    this.#engine = parts.engine
    this.#sealed = parts.sealed
    this.#order = parts.order
    const { threshold } = vault.policy
    this.#upload = new Upload(client.session, { vault: vault.vault, threshold })
  }

  /** With one pack of random content under the vault's policy. */
  static async open(client: Client, name: string): Promise<PackTraffic> {
    const [cluster, { vault }] = await Promise.all([client.cluster(), client.vault(name)])
    const { policy } = vault
    const engine = createThreadsEngine({
      threads: 1,
      slotBytes: packUserBytes + packSlotBytes(policy) + limits.packsUnderWayMax * 8 * MiB,
      primitives,
      random: systemRandom,
    })
    const { vault: id, keys, packListKey } = vault
    const { lifeKey, generationKeys } = keys
    engine.useVault({ vault: id, lifeKey, generationKeys, packListKey })
    const chunks = await fillChunks(engine, { keys, count: chunksPerPack })
    const slot = await engine.slots.take(packSlotBytes(policy))
    const order = { vault: id, generation: 1, k: policy.k, m: policy.m, pack: newPackId(), slot }
    const sealed = await engine.seal({ ...order, chunks })
    return new PackTraffic({ client, cluster, vault, engine, sealed, order })
  }

  /** Sends and registers so many packs, as many at once as a put. */
  async send(packs: number): Promise<void> {
    await inLanes(packs, async () => {
      const { sealed, order } = this.#underNewId()
      const { policy } = this.#vault
      const options = { vault: this.#vault, threshold: policy.threshold, order }
      const parts = { session: this.#client.session, cluster: this.#cluster, engine: this.#engine }
      const { pack } = await sendPack(parts, sealed, options)
      await this.#upload.register(pack)
      this.#sent.push({ pack, shardLength: sealed.shardLength })
    })
  }

  /** Opens connections, gets tickets, lets code become warm; what it sends is not read back. */
  async warmUp(): Promise<void> {
    await this.send(4 * limits.packsUnderWayMax)
    this.#sent.length = 0
  }

  /** Reads the data shards of everything that was sent. */
  async readBack(): Promise<void> {
    const { k } = this.#vault.policy
    const lane = await this.#lanes(this.#sealed.shardLength * k)
    await inLanes(this.#sent.length, async (turn, position) => {
      const { pack, shardLength } = this.#sent[turn]!
      const shards = pack.shards.filter(({ index }) => index < k)
      await Promise.all(
        shards.map(({ index, node }) =>
          this.#cluster.requests(node)!.read(this.#address(pack.pack, index), {
            offset: 0,
            into: lane(position).subarray(index * shardLength, (index + 1) * shardLength),
          }),
        ),
      )
    })
  }

  /** Sends the data of so many packs to one node alone, as it is: nothing is registered. */
  async sendToOne(packs: number): Promise<void> {
    const requests = this.#cluster.requests(this.#cluster.nodes[0]!.node)!
    const { shardsAt, shardLength } = this.#sealed
    await inLanes(packs, async () => {
      const { sealed, order } = this.#underNewId()
      const puts = Array.from({ length: this.#vault.policy.k }, (_, index) => {
        const at = shardsAt + index * shardLength
        const blocks = [sealed.headers[index]!, this.#engine.memory.subarray(at, at + shardLength)]
        const address = this.#address(order.pack.toHex(), index)
        return requests.put(address, { root: sealed.roots[index]!, blocks })
      })
      await Promise.all(puts)
    })
  }

  async close(): Promise<void> {
    await this.#upload.close()
    await this.#engine.close()
  }

  #address(pack: string, index: number) {
    const shard = { pack: idToBytes(pack), index, placementGeneration: this.#order.generation }
    return { shard, vault: this.#vault.keys.vault }
  }

  /** The same bytes as another pack: new headers, roots and chunk ids. */
  #underNewId(): { readonly sealed: SealedPack; readonly order: PackOrder } {
    const order = { ...this.#order, pack: newPackId() }
    const { k, m } = order
    const description = {
      kind: 'data',
      code: 1,
      k,
      m,
      packBytes: this.#sealed.packLength,
      pack: order.pack,
      vault: this.#vault.keys.vault,
      placementGeneration: order.generation,
    } as const
    const identities = shardIdentities(primitives, description, this.#sealed)
    const sealed = {
      ...this.#sealed,
      headers: identities.map(({ header }) => header),
      roots: identities.map(({ root }) => root),
      chunks: this.#sealed.chunks.map((chunk) => ({ ...chunk, id: systemRandom.bytes(32) })),
    }
    return { sealed, order }
  }

  /** Memory for each of the lanes. */
  async #lanes(bytes: number): Promise<(position: number) => Uint8Array> {
    const slots = await Promise.all(
      Array.from({ length: limits.packsUnderWayMax }, () => this.#engine.slots.take(bytes)),
    )
    return (position) => {
      const { at } = slots[position]!
      return this.#engine.memory.subarray(at, at + bytes)
    }
  }
}

function newPackId(): Uint8Array {
  return systemRandom.bytes(16)
}

/** Does so many turns, as many at once as packs of a put; each lane has its position. */
async function inLanes(
  turns: number,
  work: (turn: number, position: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (position: number): Promise<void> => {
    for (let turn = next++; turn < turns; turn = next++) await work(turn, position)
  }
  await Promise.all(Array.from({ length: limits.packsUnderWayMax }, (_, at) => lane(at)))
}
