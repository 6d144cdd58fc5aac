import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Cluster } from '../cluster.ts'
import type { Committer } from '../commit/committer.ts'
import type { DigestAlgorithm } from '../engine/digests.ts'
import type { Engine } from '../engine/engine.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import { packSlotBytes } from '../engine/pack-writer.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'
import { Packer } from './packer.ts'
import type { PutItem } from './put-item.ts'
import { PutRun } from './put-run.ts'
import type { PutRunOptions } from './put-run.ts'
import { ChunkStore, Windows } from './put-work.ts'
import type { PutWork } from './put-work.ts'
import { Upload } from './upload.ts'

export interface PutRequest extends PutRunOptions {
  readonly session: Session
  readonly vault: OpenVault
  readonly cluster: Cluster
  readonly committer: Committer
  readonly engine: Engine
  readonly items: Iterable<PutItem>
  /** Durable shards that are enough: from k to k + m; the vault's threshold by default. */
  readonly minShards?: number | undefined
  /** Wanted of each file beside its SHA-256; what has them and is as before is left alone. */
  readonly digests?: readonly DigestAlgorithm[] | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PutSummary {
  readonly written: number
  readonly wanted: number
}

/**
 * Stores everything that `items` gives, in bounded memory. The outcome of each item is told once, when it is
 * committed or has failed; a failure that ends the whole put is thrown, after what was under way settled.
 * The index should have caught up.
 */
export async function put(request: PutRequest): Promise<PutSummary> {
  const { engine } = request
  const windowsSlot = await engine.slots.take(limits.windowsBytes)
  const packsSlot = await engine.slots.take(packsBytes(request.vault))
  const counts = { written: 0, wanted: 0 }
  const ending = new AbortController()
  const signal = request.signal ? AbortSignal.any([request.signal, ending.signal]) : ending.signal
  const pools = { windows: new SlotPool(windowsSlot), packs: new SlotPool(packsSlot), counts }
  const work = putWork({ ...request, signal }, pools)
  const run = new PutRun(work, request)
  try {
    await run.run(request.items)
    return counts
  } catch (error) {
    ending.abort(new HoldfastError('INTERRUPTED', 'Storing was given up'))
    throw error
  } finally {
    await work.packer.end()
    await run.settled()
    await work.upload.close()
    engine.slots.giveBack(windowsSlot)
    engine.slots.giveBack(packsSlot)
  }
}

/** What an engine's slots must hold for a put and a get under this policy. */
export function slotBytesFor(policy: { readonly k: number; readonly m: number }): number {
  return limits.windowsBytes + Math.max(limits.packSlotsBytes, 2 * packSlotBytes(policy)) + 65_536
}

function packsBytes(vault: OpenVault): number {
  return Math.max(limits.packSlotsBytes, 2 * packSlotBytes(vault.policy))
}

function putWork(
  request: PutRequest,
  pools: {
    readonly windows: SlotPool
    readonly packs: SlotPool
    readonly counts: { written: number; wanted: number }
  },
): PutWork {
  const { session, vault, cluster, committer, engine, signal } = request
  const threshold = request.minShards ?? vault.policy.threshold
  const upload = new Upload(session, { vault: vault.vault, threshold, signal })
  const packer = new Packer({
    session,
    cluster,
    engine,
    upload,
    slots: pools.packs,
    options: { vault, threshold, signal },
    counts: pools.counts,
  })
  return {
    session,
    vault,
    cluster,
    committer,
    engine,
    upload,
    packer,
    windows: new Windows(pools.windows, packer),
    chunks: new ChunkStore(packer, upload),
    options: { threshold, digests: request.digests ?? [], signal },
  }
}
