import { toBase64 } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { NewShard } from '../../catalogue/rows/packs.ts'
import type { MessageHandler } from '../context.ts'
import { createPace } from '../pace.ts'
import { packIdentities } from '../pack-roots.ts'
import { overQuota, packsDead, uploadGone } from '../refusals.ts'
import { spaceOf } from '../vaults/space.ts'
import { vaultFor } from '../vaults/vault-access.ts'
import { checkPacks, checkShard } from './pack-check.ts'
import { checkPages } from './page-check.ts'
import { writeThreshold } from './threshold.ts'

export const openUpload: MessageHandler<'upload/open'> = async (context, { caller, request }) => {
  const { upload, vault } = request
  const row = await vaultFor(context, caller, { vault, rights: 'write' })
  const space = await spaceOf(context, row)
  if (space !== undefined && space.usedBytes > space.quotaBytes) throw overQuota(space)
  return context.catalogue.openUpload({ upload, vault, account: caller.session.account })
}

/** Whoever knows the id of an upload may end it: nobody else can. */
export const closeUpload: MessageHandler<'upload/close'> = async (context, { request }) => {
  const { upload, discard } = request
  await context.catalogue.closeUpload(upload, { discard })
  return {}
}

export const tellKnown: MessageHandler<'known'> = async (context, { caller, request }) => {
  const { vault, ids } = request
  const row = await vaultFor(context, caller, { vault, rights: 'write' })
  if (ids.length % 32 !== 0) throw new HoldfastError('MALFORMED', 'A chunk id has 32 bytes')
  const threshold = writeThreshold(row.policy, request.threshold)
  return { known: await context.catalogue.knownChunks({ vault, ids, threshold }) }
}

export const registerPacks: MessageHandler<'packs/register'> = async (context, call) => {
  const { upload, vault } = call.request
  const row = await vaultFor(context, call.caller, { vault, rights: 'write' })
  const threshold = writeThreshold(row.policy, call.request.threshold)
  const packs = await checkPacks(context, call.request.packs, { vault: row, threshold })
  const registered = await context.catalogue.registerPacks({ upload, vault, packs })
  if (registered.kind === 'dead') throw packsDead(registered.packs)
  if (registered.kind === 'upload-gone') throw uploadGone(upload)
  if (registered.kind === 'over-quota') throw overQuota(registered)
  return {}
}

export const addShards: MessageHandler<'shards/add'> = async (context, { caller, request }) => {
  const { vault } = request
  await vaultFor(context, caller, { vault, rights: 'write' })
  const asked = [...new Set(request.shards.map(({ pack }) => pack))]
  const rows = await context.catalogue.packPlaces(asked)
  const known = new Map(rows.filter((row) => row.vault === vault).map((row) => [row.pack, row]))
  const pace = createPace(context.clock)
  const shards: NewShard[] = []
  for (const shard of request.shards) {
    const row = known.get(shard.pack)
    if (row?.generation !== shard.generation) continue
    const identity = packIdentities(context.primitives, row)[shard.index]
    const checked = checkShard(context, shard, identity?.root)
    if (checked.state === 'durable') shards.push(checked)
    await pace()
  }
  if (shards.length > 0) await context.catalogue.addShards({ vault, shards })
  return {}
}

/** Only of packs of this vault: nobody can make the coordinator read another's. */
export const suspectShards: MessageHandler<'shards/suspect'> = async (
  context,
  { caller, request },
) => {
  const { vault, shards } = request
  await vaultFor(context, caller, { vault, rights: 'read' })
  const rows = await context.catalogue.packPlaces([...new Set(shards.map(({ pack }) => pack))])
  const known = new Set(rows.filter((row) => row.vault === vault).map((row) => row.pack))
  for (const shard of shards) if (known.has(shard.pack)) context.suspects.add(shard)
  return {}
}

export const stagePages: MessageHandler<'pages/stage'> = async (context, { caller, request }) => {
  const { upload, vault, version, pages } = request
  const row = await vaultFor(context, caller, { vault, rights: 'write' })
  checkPages(pages)
  const threshold = writeThreshold(row.policy, request.threshold)
  const staged = await context.catalogue.stagePages({ upload, vault, version, pages, threshold })
  if (staged.kind === 'upload-gone') throw uploadGone(upload)
  if (staged.kind === 'staged') return {}
  throw new HoldfastError('CHUNKS_MISSING', 'Cannot stage pages: chunks they name are not there', {
    details: { chunks: toBase64(staged.chunks) },
  })
}
