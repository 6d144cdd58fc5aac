/** Packs as a client would register them, with receipts of the test grid's nodes, and no bytes behind them. */
import { concatBytes, fromHex } from '../../base/bytes.ts'
import { newId } from '../../client/commit/new-id.ts'
import type { NewPack } from '../../client/commit/pending.ts'
import type { OpenVault } from '../../client/vaults.ts'
import { packTailBytes } from '../../core/pack.ts'
import { issueReceipts } from '../../core/receipt.ts'
import { shardIdentities } from '../../core/shard.ts'
import { primitives, type ClientGrid } from './client-grid.ts'

const sealedBytes = 64

export function samplePack(
  { random, nodes }: ClientGrid,
  vault: OpenVault,
  ids: readonly Uint8Array[],
): NewPack {
  const { k, m } = vault.policy
  const pack = newId(random)
  const packLength = ids.length * sealedBytes + packTailBytes(ids.length)
  const dataRoots = Array.from({ length: k + m }, () => random.bytes(32))
  const identities = shardIdentities(
    primitives,
    {
      kind: 'data',
      code: 1,
      k,
      m,
      packBytes: packLength,
      pack: fromHex(pack)!,
      vault: fromHex(vault.vault)!,
      placementGeneration: 0,
    },
    { dataRoots },
  )
  return {
    pack,
    code: 1,
    k,
    m,
    packLength,
    generation: 0,
    dataRoots: concatBytes(dataRoots),
    chunks: ids.map((id, at) => ({
      id,
      offset: at * sealedBytes,
      length: sealedBytes,
      generation: 1,
    })),
    shards: identities.map(({ root }, index) => {
      const node = nodes[index]!
      const entry = { pack: fromHex(pack)!, index, generation: 0, root, recordNumber: index + 1 }
      const issuer = {
        nodeKey: node.publicKey,
        storeId: new Uint8Array(16).fill(index + 1),
        term: 1,
        timeMs: 0,
      }
      const [receipt] = issueReceipts(primitives, { issuer, entries: [entry] }, node.seed)
      return { index, node: node.id, receipt }
    }),
  }
}
