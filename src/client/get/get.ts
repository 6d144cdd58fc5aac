import { limits } from '../../base/limits.ts'
import type { Cluster } from '../cluster.ts'
import type { Engine } from '../engine/engine.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'
import { readContents } from './contents.ts'
import type { Contents } from './contents.ts'
import type { GetItem } from './get-item.ts'
import { GetRun } from './get-run.ts'
import type { GetRunOptions } from './get-run.ts'
import { PackReader } from './pack-reader.ts'
import { ShardFetcher } from './shard-fetcher.ts'
import { Suspects } from './suspects.ts'
import type { PackPlaces } from './places.ts'
import { streamVersion } from './read-version.ts'
import type { ByteRange, ReadParts, Sink } from './read-version.ts'

export interface GetParts {
  readonly session: Session
  readonly vault: OpenVault
  readonly cluster: Cluster
  readonly engine: Engine
  readonly signal?: AbortSignal | undefined
}

/** Writes everything that `items` gives to local files. The outcome of each is told once. */
export async function getFiles(
  parts: GetParts,
  request: GetRunOptions & { readonly items: Iterable<GetItem> },
): Promise<void> {
  await withReading(parts, (reading) => new GetRun(reading, request).run(request.items))
}

/** Gives a range of a version to the sink, in order. */
export async function getBytes(
  parts: GetParts,
  request: { readonly entry: IndexEntry; readonly range: ByteRange; readonly sink: Sink },
): Promise<void> {
  await withReading(parts, (reading) => streamVersion(reading, request.entry, request))
}

/** The contents of entries that have one chunk, by version id. What cannot be read now is left out. */
export async function getContents(
  parts: GetParts,
  entries: readonly IndexEntry[],
): Promise<Contents> {
  return await withReading(parts, (reading) => readContents(reading, entries))
}

/** What an engine's slots must hold for a get. */
export const getSlotBytes = limits.readSlotsBytes + limits.spareSlotsBytes + 65_536

async function withReading<Result>(
  parts: GetParts,
  run: (reading: ReadParts) => Promise<Result>,
): Promise<Result> {
  const { session, vault, cluster, engine, signal } = parts
  cluster.keepCurrent()
  const ahead = await engine.slots.take(limits.readSlotsBytes)
  const spare = await engine.slots.take(limits.spareSlotsBytes)
  const suspects = new Suspects({ session, cluster, vault: vault.vault })
  const suspect = (pack: PackPlaces, index: number): void => suspects.add(pack, index)
  const fetcher = new ShardFetcher({
    session,
    cluster,
    engine,
    vault: vault.keys.vault,
    suspect,
    signal,
  })
  const spares = new SlotPool(spare)
  const reader = new PackReader({ clock: session.world.clock, engine, fetcher, spare: spares })
  const slots = new SlotPool(ahead)
  try {
    return await run({ session, vault, engine, reader, spare: spares, signal, suspect, slots })
  } finally {
    engine.slots.giveBack(ahead)
    engine.slots.giveBack(spare)
    await suspects.tell()
  }
}
