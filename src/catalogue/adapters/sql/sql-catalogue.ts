/** The catalogue over SQL rows: which operation runs in which kind of transaction. */
import type { Catalogue } from '../../catalogue.ts'
import type { Blob, Id } from '../../ids.ts'
import type { SessionRow } from '../../rows/accounts.ts'
import type { FeedPart, Lookup } from '../../rows/reading.ts'
import { chunkIdBytes } from '../../../core/sized.ts'
import { splitBlobs } from '../../ids.ts'
import type { CatalogueParts } from '../../parts.ts'
import { createAccount, findAccount, setQuotas } from './accounts.ts'
import { census, type CensusRequest } from './census.ts'
import { findChunks, isHealthy } from './chunks.ts'
import { commit } from './commit.ts'
import { deadShards, shardsDeleted } from './dead-shards.ts'
import { feed, type FeedRequest } from './feed.ts'
import { readGrid } from './grid.ts'
import { health, vaultHealth } from './health.ts'
import { lookup, type LookupRequest } from './lookup.ts'
import { configureNodes, listNodes, nodeSeen } from './nodes.ts'
import { endQuarantine } from './quarantine.ts'
import { packPlaces, packsToHeal } from './pack-places.ts'
import { killUnknownPacks } from './packs.ts'
import { stagePages, thresholdOf, type StageRequest } from './pages.ts'
import { purge, purgeEntries } from './purge.ts'
import { registerPacks } from './register.ts'
import { createSession, readSession, removeSession, useSession } from './sessions.ts'
import { addShards, setShard, type ShardChange } from './shards.ts'
import type { Engine, Transaction } from './transaction.ts'
import { emptyTrash } from './empty-trash.ts'
import { markTrash } from './mark-trash.ts'
import { beginTry, wasTried } from './tries.ts'
import { closeUpload, expireUpload, openUpload, type UploadOwner } from './uploads.ts'
import { createVault, findVault, listVaults, vaultOf } from './vaults.ts'

type Of<Name extends keyof Catalogue> = Catalogue[Name]

export class SqlCatalogue implements Catalogue {
  readonly #engine: Engine
  readonly #parts: CatalogueParts

  constructor(engine: Engine, parts: CatalogueParts) {
    this.#engine = engine
    this.#parts = parts
  }

  grid: Of<'grid'> = () => this.#engine.read(readGrid)

  createAccount: Of<'createAccount'> = (request) =>
    this.#engine.write((transaction) => createAccount(transaction, request, this.#parts))

  setQuotas: Of<'setQuotas'> = (quotas) =>
    this.#engine.write((transaction) => setQuotas(transaction, quotas))

  accountByName: Of<'accountByName'> = (name) =>
    this.#engine.read((transaction) => findAccount(transaction, { name }))

  account: Of<'account'> = (id) =>
    this.#engine.read((transaction) => findAccount(transaction, { id }))

  beginTry: Of<'beginTry'> = (request) =>
    this.#engine.write((transaction) => beginTry(transaction, request))

  wasTried: Of<'wasTried'> = ({ name, withinMs }) =>
    this.#engine.read((transaction) =>
      wasTried(transaction, { name, sinceMs: transaction.nowMs - withinMs }),
    )

  createSession: Of<'createSession'> = (request) =>
    this.#engine.write((transaction) => createSession(transaction, request))

  async session(id: Id): Promise<SessionRow | undefined> {
    const found = await this.#engine.read((transaction) => readSession(transaction, id))
    if (found === undefined || !found.stale) return found?.row
    return this.#engine.write((transaction) => useSession(transaction, id))
  }

  removeSession: Of<'removeSession'> = (id) =>
    this.#engine.write((transaction) => removeSession(transaction, id))

  createVault: Of<'createVault'> = (request) =>
    this.#engine.write((transaction) => createVault(transaction, request, this.#parts))

  vaultsOf: Of<'vaultsOf'> = (account) =>
    this.#engine.read((transaction) => listVaults(transaction, account))

  vault: Of<'vault'> = (request) =>
    this.#engine.read((transaction) => findVault(transaction, request))

  configureNodes: Of<'configureNodes'> = (nodes) =>
    this.#engine.write((transaction) => configureNodes(transaction, nodes))

  nodes: Of<'nodes'> = () => this.#engine.read(listNodes)

  nodeSeen: Of<'nodeSeen'> = (request) =>
    this.#engine.write((transaction) => nodeSeen(transaction, request))

  endQuarantine: Of<'endQuarantine'> = (id) =>
    this.#engine.write((transaction) => endQuarantine(transaction, id))

  openUpload(request: UploadOwner): Promise<{ expiresMs: number }> {
    return this.#engine.write((transaction) => openUpload(transaction, request))
  }

  knownChunks: Of<'knownChunks'> = (request) =>
    this.#engine.read((transaction) => knownChunks(transaction, request))

  registerPacks: Of<'registerPacks'> = (request) =>
    this.#engine.write((transaction) => registerPacks(transaction, request))

  addShards: Of<'addShards'> = (request) =>
    this.#engine.write((transaction) => addShards(transaction, request))

  stagePages(request: StageRequest): ReturnType<Of<'stagePages'>> {
    return this.#engine.write((transaction) => stagePages(transaction, request))
  }

  commit: Of<'commit'> = (request) =>
    this.#engine.write((transaction) => commit(transaction, request, this.#parts))

  closeUpload: Of<'closeUpload'> = (upload, options) =>
    this.#engine.write((transaction) => closeUpload(transaction, upload, options))

  feed(request: FeedRequest): Promise<FeedPart> {
    return this.#engine.read((transaction) => feed(transaction, request))
  }

  lookup(request: LookupRequest): Promise<Lookup> {
    return this.#engine.read((transaction) => lookup(transaction, request))
  }

  health: Of<'health'> = (request) => health(this.#engine, request)

  vaultHealth: Of<'vaultHealth'> = (request) => vaultHealth(this.#engine, request)

  packsToHeal: Of<'packsToHeal'> = (request) =>
    this.#engine.read((transaction) => packsToHeal(transaction, request))

  packPlaces: Of<'packPlaces'> = (packs) =>
    this.#engine.read((transaction) => packPlaces(transaction, packs))

  setShard(change: ShardChange): Promise<boolean> {
    return this.#engine.write((transaction) => setShard(transaction, change))
  }

  census(request: CensusRequest): ReturnType<Of<'census'>> {
    return census(this.#engine, request)
  }

  async expireUploads(most: number): Promise<number> {
    let gone = 0
    while (gone < most) {
      const step = await this.#engine.write(expireUpload)
      if (step === 'none') break
      if (step === 'gone') gone += 1
    }
    return gone
  }

  markTrash: Of<'markTrash'> = (most) => markTrash(this.#engine, most)

  emptyTrash: Of<'emptyTrash'> = (request) => emptyTrash(this.#engine, request)

  killUnknownPacks: Of<'killUnknownPacks'> = (packs) =>
    this.#engine.write((transaction) => killUnknownPacks(transaction, packs))

  deadShards: Of<'deadShards'> = (most, nodes) =>
    this.#engine.read((transaction) => deadShards(transaction, most, nodes))

  shardsDeleted: Of<'shardsDeleted'> = (shards) =>
    this.#engine.write((transaction) => shardsDeleted(transaction, shards))

  purge: Of<'purge'> = (request) => purge(this.#engine, request)

  purgeEntries: Of<'purgeEntries'> = (request) => purgeEntries(this.#engine, request)

  close: Of<'close'> = () => this.#engine.close()
}

async function knownChunks(
  transaction: Transaction,
  request: Parameters<Of<'knownChunks'>>[0],
): Promise<Blob> {
  const vault = await vaultOf(transaction, request.vault)
  const ids = splitBlobs(request.ids, chunkIdBytes)
  const rows = await findChunks(transaction, vault.key, ids)
  const threshold = thresholdOf(vault, request.threshold)
  const isKnown = (id: Uint8Array): boolean => {
    const row = rows.get(id.toHex())
    return row !== undefined && isHealthy(row, threshold)
  }
  return Uint8Array.from(ids, (id) => Number(isKnown(id)))
}
