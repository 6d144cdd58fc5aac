import { concatBytes } from '../../base/bytes.ts'
import type { PackPlaces } from '../../catalogue/rows/packs.ts'
import type { PageRow } from '../../catalogue/rows/reading.ts'
import type { ControlAnswer } from '../../wire/control.ts'
import type { MessageHandler } from '../context.ts'
import { vaultFor } from '../vaults/vault-access.ts'

export const tellFeed: MessageHandler<'feed'> = async (context, { caller, request }) => {
  const { catalogue, limits } = context
  await vaultFor(context, caller, { vault: request.vault, rights: 'read' })
  const part = await catalogue.feed({
    ...request,
    commitsMax: limits.feedCommitsMax,
    bytesMax: limits.feedBytesMax,
  })
  const commits = part.commits.map((commit) => ({
    ...commit,
    operations: commit.operations.map((operation) => operation ?? null),
  }))
  return { ...part, commits }
}

export const lookUp: MessageHandler<'lookup'> = async (context, { caller, request }) => {
  const { catalogue, limits } = context
  const { policy } = await vaultFor(context, caller, { vault: request.vault, rights: 'read' })
  const chunksOfShards = Math.floor(limits.lookupShardsMax / (policy.k + policy.m))
  const { pages, more, packs } = await catalogue.lookup({
    ...request,
    pagesMax: limits.lookupPagesMax,
    // Each chunk may lie in a pack of its own, whose shards are told too.
    chunksMax: Math.min(limits.lookupChunksMax, chunksOfShards),
  })
  return {
    validMs: limits.placeValidMs,
    pages: pages.map(pageAsTold),
    more: [...more],
    packs: packs.map(packAsTold),
  }
}

export const tellHealth: MessageHandler<'health'> = async (context, { caller, request }) => {
  const { vault, versions } = request
  await vaultFor(context, caller, { vault, rights: 'read' })
  const up = context.cluster.up()
  const known = await context.catalogue.health({ vault, versions, up })
  return { health: versions.map((version) => known.get(version) ?? null) }
}

export const tellVaultHealth: MessageHandler<'vault/health'> = async (context, call) => {
  const { vault, after } = call.request
  await vaultFor(context, call.caller, { vault, rights: 'read' })
  const { healthEntriesMax: entriesMax, healthChunksMax: chunksMax } = context.limits
  const up = context.cluster.up()
  return context.catalogue.vaultHealth({ vault, up, after, entriesMax, chunksMax })
}

export const purgeEntries: MessageHandler<'purge'> = async (context, { caller, request }) => {
  const { vault, entries } = request
  await vaultFor(context, caller, { vault, rights: 'write' })
  return context.catalogue.purgeEntries({ vault, entries, most: context.limits.purgeRowsMax })
}

type ToldPage = ControlAnswer<'lookup'>['pages'][number]
type ToldPack = ControlAnswer<'lookup'>['packs'][number]

function pageAsTold({ version, number, sealedLengths, chunks }: PageRow): ToldPage {
  return {
    version,
    number,
    sealedLengths,
    ids: concatBytes(chunks.map(({ id }) => id)),
    places: chunks.map(({ pack, offset, length, generation }) => [
      pack,
      offset,
      length,
      generation,
    ]),
  }
}

function packAsTold(pack: PackPlaces): ToldPack {
  return { ...pack, code: 1, shards: [...pack.shards] }
}
