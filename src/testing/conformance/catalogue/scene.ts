/** A catalogue with nodes, an account and its vault, and short words for what tests do with them. */
import assert from 'node:assert/strict'
import { limits } from '../../../base/limits.ts'
import type { Blob, Id } from '../../../catalogue/ids.ts'
import type { Catalogue } from '../../../catalogue/catalogue.ts'
import type {
  CommitAnswer,
  CommitRequest,
  NewPage,
  OperationRow,
} from '../../../catalogue/rows/commits.ts'
import type { NewAccount } from '../../../catalogue/rows/accounts.ts'
import type { NewChunk, NewPack } from '../../../catalogue/rows/packs.ts'
import type { NewVault } from '../../../catalogue/rows/vaults.ts'
import type { NodeConfig } from '../../../catalogue/rows/nodes.ts'
import { SeededRandom } from '../../simulation/seeded-random.ts'
import { joined } from './chunk-ids.ts'
import type { OpenedCatalogue } from './harness.ts'

const policy = Object.freeze({ code: 1, k: 2, m: 2, threshold: 3 })
export const storeId = 'ab'.repeat(16)

export class Scene {
  readonly catalogue: Catalogue
  readonly opened: OpenedCatalogue
  readonly random: SeededRandom
  readonly account: Id
  readonly name: string
  readonly vault: Id
  readonly nodes: readonly NodeConfig[]
  /** What the scene's client last saw of the feed. */
  seen: { n: number; h: Blob } = { n: 0, h: new Uint8Array() }

  private constructor(opened: OpenedCatalogue, random: SeededRandom) {
    this.opened = opened
    this.catalogue = opened.catalogue
    this.random = random
    this.account = this.id()
    this.name = `ada-${this.account.slice(0, 8)}`
    this.vault = this.id()
    this.nodes = Array.from({ length: 6 }, (_, at) => ({
      node: this.id(),
      name: `node-${at + 1}`,
      address: `127.0.0.1:${10_001 + at}`,
      zone: `zone-${at % 3}`,
      publicKey: this.bytes(32),
    }))
  }

  /** Another seed for each scene on one catalogue. */
  static async begin(opened: OpenedCatalogue, seed = 1): Promise<Scene> {
    const scene = new Scene(opened, new SeededRandom(seed))
    await scene.clear()
    await scene.catalogue.configureNodes(scene.nodes)
    const request = scene.newAccount(scene.name, { account: scene.account, vault: scene.vault })
    assert.deepEqual(await scene.catalogue.createAccount(request), { kind: 'created' })
    await scene.look()
    return scene
  }

  /** Collects everything that earlier scenes on the same catalogue left to collect. */
  async clear(): Promise<void> {
    const { catalogue, opened } = this
    const [beforeMs, most] = [Number.MAX_SAFE_INTEGER, 1_000_000]
    opened.advance(limits.uploadLeaseMs + 1)
    await catalogue.purge({ beforeMs, most })
    await catalogue.expireUploads(most)
    await catalogue.markTrash(most)
    await catalogue.emptyTrash({ beforeMs, most })
  }

  id(): Id {
    return this.random.bytes(16).toHex()
  }

  bytes(count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.random.bytes(count))
  }

  newAccount(
    name: string,
    ids: { account?: Id; vault?: Id; quotaBytes?: number } = {},
  ): NewAccount {
    const account = ids.account ?? this.id()
    return {
      account,
      name,
      opaqueRecord: this.bytes(192),
      signingKey: this.bytes(32),
      boxKey: this.bytes(32),
      bundle: this.bytes(300),
      quotaBytes: ids.quotaBytes,
      home: this.newVault(account, ids.vault),
    }
  }

  newVault(account: Id, vault = this.id()): NewVault {
    return {
      vault,
      account,
      policy,
      record: this.bytes(240),
      recordSignature: this.bytes(64),
      wrappedKeys: this.bytes(120),
      nameTag: this.bytes(32),
      sealedName: this.bytes(60),
    }
  }

  /** Catches up with the feed. */
  async look(): Promise<void> {
    const row = await this.catalogue.vault({ vault: this.vault, account: this.account })
    this.seen = { n: row!.n, h: row!.h }
  }

  chunk(length = 1000): NewChunk {
    return { id: this.bytes(32), offset: 0, length, generation: 1 }
  }

  /** A 2+2 pack with these chunks on the first four nodes; `missing` are indexes without a receipt. */
  pack(
    chunks: readonly NewChunk[],
    options: { missing?: readonly number[]; pack?: Id; firstNode?: number } = {},
  ): NewPack {
    const pack = options.pack ?? this.id()
    let offset = 0
    const placed = chunks.map((chunk) => {
      const at = offset
      offset += chunk.length
      return { ...chunk, offset: at }
    })
    return {
      pack,
      kind: 1,
      code: 1,
      k: 2,
      m: 2,
      packLength: offset + 100,
      shardLength: Math.ceil((offset + 100) / 128) * 64,
      generation: 1,
      dataRoots: this.bytes(128),
      chunks: placed,
      shards: [0, 1, 2, 3].map((index) => {
        const durable = !(options.missing ?? []).includes(index)
        return {
          pack,
          index,
          generation: 1,
          node: this.nodes[(options.firstNode ?? 0) + index]!.node,
          state: durable ? ('durable' as const) : ('missing' as const),
          recordNumber: durable ? this.random.between(1, 1_000_000) : undefined,
        }
      }),
    }
  }

  pages(ids: readonly Blob[]): NewPage[] {
    const pages: NewPage[] = []
    for (let at = 0; at < ids.length; at += limits.pageChunksMax) {
      const slice = ids.slice(at, at + limits.pageChunksMax)
      pages.push({
        number: pages.length,
        ids: joined(slice),
        sealedLengths: this.bytes(41),
      })
    }
    return pages
  }

  file(options: OperationOptions = {}): OperationRow {
    const ids = options.chunks ?? []
    const staged = options.stagedChunks
    return {
      bytes: this.bytes(120),
      kind: options.kind ?? 'file',
      tombstone: options.tombstone ?? false,
      implicit: false,
      entry: options.entry ?? this.id(),
      parent: options.parent ?? this.vault,
      tag: options.tag ?? this.bytes(32),
      version: options.version ?? this.id(),
      previous: options.previous,
      chunkCount: staged ?? ids.length,
      pages: this.pages(ids),
    }
  }

  folder(options: OperationOptions = {}): OperationRow {
    return this.file({ ...options, kind: 'folder' })
  }

  /** The same place, another version. */
  next(operation: OperationRow, options: OperationOptions = {}): OperationRow {
    const { kind, entry, parent, tag } = operation
    return this.file({ kind, entry, parent, tag, previous: operation.version, ...options })
  }

  tombstone(operation: OperationRow): OperationRow {
    return this.next(operation, { tombstone: true })
  }

  request(
    operations: readonly OperationRow[],
    options: Partial<CommitRequest> = {},
  ): CommitRequest {
    return {
      vault: this.vault,
      account: this.account,
      upload: undefined,
      packs: [],
      term: 1,
      seen: this.seen,
      statement: this.bytes(150),
      signature: this.bytes(64),
      operations,
      ...options,
    }
  }

  commit(
    operations: readonly OperationRow[],
    options: Partial<CommitRequest> = {},
  ): Promise<CommitAnswer> {
    return this.catalogue.commit(this.request(operations, options))
  }

  /** Commits what must succeed, and catches up. */
  async committed(
    operations: readonly OperationRow[],
    options: Partial<CommitRequest> = {},
  ): Promise<{ n: number; h: Blob }> {
    const answer = await this.commit(operations, options)
    assert.equal(answer.kind, 'committed', JSON.stringify(answer))
    assert(answer.kind === 'committed')
    this.seen = { n: answer.n, h: answer.h }
    return answer
  }

  /** Why each operation could not be done. */
  async conflicts(operations: readonly OperationRow[]): Promise<(readonly [number, string])[]> {
    const answer = await this.commit(operations)
    assert(answer.kind === 'conflict', JSON.stringify(answer))
    return answer.conflicts.map(({ at, why }) => [at, why] as const)
  }

  async upload(): Promise<Id> {
    const upload = this.id()
    const { vault, account } = this
    await this.catalogue.openUpload({ upload, vault, account })
    return upload
  }

  /** Opens an upload, registers the packs and gives the upload. */
  async registered(packs: readonly NewPack[]): Promise<Id> {
    const upload = await this.upload()
    const { vault } = this
    const answer = await this.catalogue.registerPacks({ upload, vault, packs })
    assert.deepEqual(answer, { kind: 'registered' })
    return upload
  }

  async known(ids: readonly Blob[]): Promise<number[]> {
    const { vault } = this
    return [...(await this.catalogue.knownChunks({ vault, ids: joined(ids) }))]
  }

  lookup(versions: readonly Id[]): ReturnType<Catalogue['lookup']> {
    return this.catalogue.lookup({
      vault: this.vault,
      versions: versions.map((version) => ({ version, from: 0 })),
      pagesMax: 512,
      chunksMax: 65_536,
    })
  }

  /** Ids of the nodes at these positions. */
  up(...positions: number[]): Id[] {
    return positions.map((at) => this.nodes[at]!.node)
  }
}

interface OperationOptions {
  readonly kind?: OperationRow['kind']
  readonly entry?: Id
  readonly parent?: Id
  readonly tag?: Blob
  readonly version?: Id
  readonly previous?: Id
  readonly tombstone?: boolean
  readonly chunks?: readonly Blob[]
  /** Count of chunks whose pages were staged. */
  readonly stagedChunks?: number
}
