/**
 * What is checked of packs before they are registered: shape, places and receipts. The roots that receipts
 * must name follow from the pack's description and its data roots, so a receipt for other bytes is no
 * receipt for this pack.
 */
import { toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { NewPack, NewShard } from '../../catalogue/rows/packs.ts'
import type { Policy, VaultRow } from '../../catalogue/rows/vaults.ts'
import { checkPlacement } from '../../core/placement.ts'
import { packTailBytes, shardBytesOf } from '../../core/pack.ts'
import { verifyReceipt } from '../../core/receipt.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { CoordinatorContext } from '../context.ts'
import { idToBytes } from '../../core/id-to-bytes.ts'
import { createPace } from '../pace.ts'
import { packIdentities } from '../pack-roots.ts'
import { checkSent } from '../refusals.ts'

const dataKind = 1

export type SentPack = ControlRequest<'packs/register'>['packs'][number]

export interface PackTerms {
  readonly vault: VaultRow
  /** Durable shards each pack needs. */
  readonly threshold: number
}

/** Packs as the catalogue takes them. MALFORMED, OVER_LIMIT, BAD_POLICY, FORBIDDEN, TOO_FEW_NODES. */
export async function checkPacks(
  context: CoordinatorContext,
  packs: readonly SentPack[],
  terms: PackTerms,
): Promise<NewPack[]> {
  const { registerChunksMax } = context.limits
  const chunks = packs.reduce((sum, pack) => sum + pack.chunks.length, 0)
  if (chunks > registerChunksMax) {
    const what = `Cannot register ${chunks} chunks at once: at most ${registerChunksMax}`
    throw new HoldfastError('OVER_LIMIT', what)
  }
  const pace = createPace(context.clock)
  const checked: NewPack[] = []
  for (const pack of packs) {
    checkShape(context, pack, terms.vault.policy)
    const shards = checkReceipts(context, { pack, vault: terms.vault.vault })
    checkPlaces(context, shards, terms)
    const shardLength = shardBytesOf(pack.packLength, pack.k)
    checked.push({ ...pack, kind: dataKind, shardLength, shards })
    await pace()
  }
  return checked
}

function checkShape(context: CoordinatorContext, pack: SentPack, policy: Policy): void {
  const why = shapeComplaint(context, pack, policy)
  if (why === undefined) return
  throw new HoldfastError('MALFORMED', `Cannot register pack ${pack.pack}: ${why}`)
}

function shapeComplaint(
  { limits }: CoordinatorContext,
  pack: SentPack,
  { k, m }: Policy,
): string | undefined {
  if (pack.k !== k || pack.m !== m) return `it is ${pack.k}+${pack.m}, its vault ${k}+${m}`
  if (pack.dataRoots.length !== 32 * (k + m)) return `${pack.dataRoots.length} bytes of data roots`
  if (pack.generation > 0xffff_ffff) return `placement generation ${pack.generation}`
  if (pack.packLength > limits.packBytesMax) return `${pack.packLength} bytes`
  let end = 0
  for (const { offset, length } of pack.chunks) {
    if (offset !== end || length === 0) return `a chunk of ${length} bytes at ${offset}`
    end += length
  }
  const wanted = end + packTailBytes(pack.chunks.length)
  return pack.packLength === wanted ? undefined : `${pack.packLength} bytes instead of ${wanted}`
}

function checkReceipts(
  context: CoordinatorContext,
  { pack, vault }: { readonly pack: SentPack; readonly vault: string },
): NewShard[] {
  const identities = packIdentities(context.primitives, { ...pack, kind: dataKind, vault })
  const { generation } = pack
  return pack.shards.map((shard) =>
    checkShard(context, { ...shard, pack: pack.pack, generation }, identities[shard.index]?.root),
  )
}

function checkPlaces(
  { cluster }: CoordinatorContext,
  shards: readonly NewShard[],
  { vault, threshold }: PackTerms,
): void {
  const reachable = new Set(cluster.reachable().map(({ node }) => node))
  checkPlacement({
    policy: vault.policy,
    threshold,
    nodes: cluster.nodes().map((node) => ({ ...node, up: reachable.has(node.node) })),
    shards: shards.map((shard) => ({ ...shard, durable: shard.state === 'durable' })),
  })
}

export interface SentShard {
  readonly pack: string
  readonly index: number
  readonly generation: number
  readonly node: string
  readonly receipt?: Uint8Array | undefined
}

/**
 * Durable with a receipt of the store that the node has now; wanted there otherwise. The catalogue compares
 * the store again when it writes the row. MALFORMED, FORBIDDEN.
 */
export function checkShard(
  { cluster, primitives }: CoordinatorContext,
  shard: SentShard,
  root: Uint8Array | undefined,
): NewShard {
  const { pack, index, generation, node } = shard
  const row = cluster.row(node)
  if (row === undefined || root === undefined) {
    const what = `Cannot take shard ${pack}-${index}-${generation} at node ${node}: there is none such`
    throw new HoldfastError('MALFORMED', what)
  }
  const place = { pack, index, generation, node }
  if (shard.receipt === undefined) return { ...place, state: 'missing', recordNumber: undefined }
  const expected = { pack: idToBytes(pack), index, generation, root, nodeKey: row.publicKey }
  const sent = shard.receipt
  const receipt = checkSent(() => verifyReceipt(primitives, sent, expected))
  const given = { storeId: toHex(receipt.storeId), givenMs: receipt.timeMs }
  const current = row.storeId === undefined || row.storeId === given.storeId
  return current
    ? { ...place, state: 'durable', recordNumber: receipt.recordNumber, receipt: given }
    : { ...place, state: 'missing', recordNumber: undefined }
}
