/** Packs and commits of a test account, with random bytes for what a client would seal. */
import { concatBytes, toHex } from '../../base/bytes.ts'
import { ErasureCoder } from '../../core/erasure.ts'
import { firstFeedHash } from '../../core/feed-hash.ts'
import { listedOperation } from '../../core/listed-operation.ts'
import { dataRoot } from '../../core/merkle.ts'
import { encodeOperation, type Operation } from '../../core/operation.ts'
import { packTailBytes, shardBytesOf } from '../../core/pack.ts'
import { listRoot, pageHash } from '../../core/page.ts'
import { shardIdentities, type ShardIdentity } from '../../core/shard.ts'
import { signStatement } from '../../core/statement.ts'
import { sealedRecordBytes } from '../../core/version-record.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { TestAccount } from './test-account.ts'

type SentPack = ControlRequest<'packs/register'>['packs'][number]

export interface WrittenPack {
  readonly message: SentPack
  /** 32 bytes each, together. */
  readonly ids: Uint8Array
  readonly shards: readonly { readonly bytes: Uint8Array; readonly identity: ShardIdentity }[]
}

export interface PackWish {
  readonly chunkBytes?: readonly number[]
  readonly vault?: string
  readonly k?: number
  readonly m?: number
}

const coder = new ErasureCoder()

/** Makes a pack and stores its shards at the nodes that are not away, the i-th at the i-th node. */
export async function writePack(account: TestAccount, wish: PackWish = {}): Promise<WrittenPack> {
  const { nodes, random } = account.world
  const { k = 2, m = 2, vault = account.home, chunkBytes = [5000, 70_000] } = wish
  const pack = random.bytes(16)
  const chunks = chunkBytes.map((length, at) => ({
    id: random.bytes(32),
    offset: chunkBytes.slice(0, at).reduce((sum, bytes) => sum + bytes, 0),
    length,
    generation: 1,
  }))
  const packLength = chunkBytes.reduce((sum, bytes) => sum + bytes, packTailBytes(chunks.length))
  const shardBytes = shardBytesOf(packLength, k)
  const data = Array.from({ length: k }, () => random.bytes(shardBytes))
  const bytes = [...data, ...coder.encodeParity({ k, m }, data)]
  const { primitives } = account.world
  const dataRoots = bytes.map((each) => dataRoot(primitives, each))
  const description = { kind: 'data' as const, code: 1, k, m, packBytes: packLength }
  const vaultId = Uint8Array.fromHex(vault)
  const identities = shardIdentities(
    primitives,
    { ...description, pack, vault: vaultId, placementGeneration: 1 },
    { dataRoots },
  )
  const shards = bytes.map((each, index) => ({ bytes: each, identity: identities[index]! }))
  const sent: SentPack['shards'] = []
  for (const [index, { bytes: content, identity }] of shards.entries()) {
    const node = nodes[index]!
    const shard = { pack, index, placementGeneration: 1 }
    const put = { root: identity.root, blocks: [identity.header, content] }
    const receipt = node.away ? undefined : await node.put({ shard, vault: vaultId }, put)
    sent.push({ index, node: node.node, ...(receipt && { receipt }) })
  }
  const message: SentPack = {
    pack: toHex(pack),
    code: 1,
    k,
    m,
    packLength,
    generation: 1,
    dataRoots: concatBytes(dataRoots),
    chunks,
    shards: sent,
  }
  return { message, ids: concatBytes(chunks.map(({ id }) => id)), shards }
}

export interface FileWish {
  /** Chunk ids, 32 bytes each, together. */
  readonly ids?: Uint8Array
  readonly vault?: string
  readonly entry?: Uint8Array
  readonly tag?: Uint8Array
  readonly previous?: Uint8Array
  readonly tombstone?: boolean
  readonly upload?: string
  readonly packs?: readonly SentPack[]
  readonly threshold?: number
  readonly seen?: { readonly n: number; readonly h: Uint8Array }
}

export interface MadeFile {
  readonly request: ControlRequest<'commit'>
  readonly operation: Operation
}

/** A commit of one file in the vault's root folder. */
export function makeCommit(account: TestAccount, wish: FileWish = {}): MadeFile {
  const made = makeOperation(account, wish)
  return { request: signCommit(account, [made], wish), operation: made.operation }
}

export interface MadeOperation {
  readonly operation: Operation
  readonly bytes: Uint8Array
  readonly pages: ControlRequest<'commit'>['operations'][number]['pages']
}

export function makeOperation({ home, world }: TestAccount, wish: FileWish = {}): MadeOperation {
  const { primitives, random } = world
  const { ids = new Uint8Array(0), vault = home } = wish
  const pages =
    ids.length > 0 ? [{ number: 0, ids, sealedLengths: random.bytes(29 + 8 + ids.length / 8) }] : []
  const operation: Operation = {
    kind: 'file',
    tombstone: wish.tombstone ?? false,
    implicit: false,
    entry: wish.entry ?? random.bytes(16),
    parent: Uint8Array.fromHex(vault),
    tag: wish.tag ?? random.bytes(32),
    generation: 1,
    sealedName: random.bytes(29 + 32),
    version: random.bytes(16),
    previous: wish.previous,
    sealedRecord: random.bytes(sealedRecordBytes),
    listRoot: listRoot(
      primitives,
      pages.map((page) => pageHash(primitives, page)),
    ),
    chunkCount: ids.length / 32,
  }
  return { operation, bytes: encodeOperation(operation), pages }
}

export function signCommit(
  account: TestAccount,
  made: readonly MadeOperation[],
  wish: FileWish = {},
): ControlRequest<'commit'> {
  const { primitives } = account.world
  const { packs = [], threshold, upload, vault = account.home } = wish
  const vaultId = Uint8Array.fromHex(vault)
  const statement = {
    vault: vaultId,
    writer: Uint8Array.fromHex(account.account),
    term: 1,
    seen: wish.seen ?? { n: 0, h: firstFeedHash(primitives, vaultId) },
    operations: made.map(({ operation, bytes }) => listedOperation(primitives, operation, bytes)),
  }
  const signed = signStatement(primitives, statement, account.seed)
  return {
    vault,
    upload,
    threshold,
    packs: [...packs],
    statement: signed.statement,
    signature: signed.signature,
    operations: made.map(({ bytes, pages }) => ({ bytes, pages })),
  }
}

/** A file of one pack, registered and committed in one request. */
export async function putFile(
  account: TestAccount,
  wish: PackWish & FileWish = {},
): Promise<MadeFile & { readonly pack: WrittenPack }> {
  const pack = await writePack(account, wish)
  const upload = toHex(account.world.random.bytes(16))
  const made = makeCommit(account, { ...wish, ids: pack.ids, packs: [pack.message], upload })
  await account.client.call('commit', made.request)
  return { ...made, pack }
}
