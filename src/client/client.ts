/** The library that holds the keys: one account's way to its vaults. Everything heavy is opened when needed. */
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Network } from '../base/network.ts'
import { Cluster } from './cluster.ts'
import { createCommitter } from './commit/committer.ts'
import type { Committer } from './commit/committer.ts'
import type { DigestAlgorithm } from './engine/digests.ts'
import type { Engine } from './engine/engine.ts'
import type { LocalFiles } from './engine/local-files.ts'
import { Engines } from './engines.ts'
import type { Contents } from './get/contents.ts'
import { getBytes, getContents, getFiles, getSlotBytes } from './get/get.ts'
import type { GetParts } from './get/get.ts'
import type { GetRunOptions } from './get/get-run.ts'
import type { GetItem } from './get/get-item.ts'
import type { ByteRange, Sink } from './get/read-version.ts'
import { openFeed } from './index/vault-feed.ts'
import type { VaultFeed } from './index/vault-feed.ts'
import type { IndexEntry } from './index/vault-index.ts'
import { put, slotBytesFor } from './put/put.ts'
import type { PutSummary } from './put/put.ts'
import type { PutItem, PutOutcome } from './put/put-item.ts'
import { openSession } from './session.ts'
import type { ClientWorld, Session } from './session.ts'
import { openVault } from './vaults.ts'
import type { OpenVault } from './vaults.ts'

export interface ClientParts extends ClientWorld {
  readonly network: Network
  readonly files: LocalFiles
  /** An engine with room for this many bytes of slots. */
  readonly engine: (slotBytes: number) => Engine
  /** Begins to make what an engine needs, ahead of its first heavy work. */
  readonly prepareEngine?: () => void
}

/** A vault in use: its index is current as of when it was opened. */
export interface VaultInUse {
  readonly vault: OpenVault
  readonly feed: VaultFeed
  readonly committer: Committer
}

export interface PutOptions {
  readonly items: Iterable<PutItem>
  readonly checksum?: boolean
  readonly minShards?: number | undefined
  /** Wanted of each file beside its SHA-256. */
  readonly digests?: readonly DigestAlgorithm[] | undefined
  readonly outcome: (outcome: PutOutcome) => void
  readonly progress?: (bytes: number) => void
}

export class Client {
  readonly session: Session
  readonly #parts: ClientParts
  readonly #signal: AbortSignal | undefined
  readonly #vaults = new Map<string, Promise<VaultInUse>>()
  readonly #engines: Engines
  #cluster: Promise<Cluster> | undefined

  constructor(parts: ClientParts, session: Session, signal?: AbortSignal) {
    this.#parts = parts
    this.#engines = new Engines(parts.engine)
    this.session = session
    this.#signal = signal
  }

  /** With the stored log-in of `name`, or the last one. NOT_LOGGED_IN. */
  static open(
    parts: ClientParts,
    options: { readonly name?: string | undefined; readonly signal?: AbortSignal },
  ): Client {
    return new Client(parts, openSession(parts, options.name), options.signal)
  }

  /** Says how many bytes will be worked on: what takes its time to start is started now. */
  prepare(bytes: number): void {
    if (bytes > limits.lightWorkBytes) this.#parts.prepareEngine?.()
  }

  get files(): LocalFiles {
    return this.#parts.files
  }

  /** Which nodes there are and which are up. */
  cluster(): Promise<Cluster> {
    this.#cluster ??= Cluster.open(this.session, this.#parts.network)
    return this.#cluster
  }

  /** Opens a vault and brings its index up to date. VAULT_NOT_FOUND. */
  vault(name: string): Promise<VaultInUse> {
    const known = this.#vaults.get(name)
    if (known) return known
    const opened = this.#openVault(name)
    this.#vaults.set(name, opened)
    return opened
  }

  /** Stores what `items` gives, each in its place of the vault. */
  async put(name: string, options: PutOptions): Promise<PutSummary> {
    const [cluster, { vault, committer }] = await Promise.all([this.cluster(), this.vault(name)])
    const { k, m } = vault.policy
    const { minShards } = options
    if (minShards !== undefined && (minShards < k || minShards > k + m)) {
      throw new HoldfastError(
        'BAD_USAGE',
        `--min-shards is ${minShards}: the policy ${k}+${m} allows ${k} to ${k + m}`,
        { hint: `Choose a number from ${k} to ${k + m}, or leave it out` },
      )
    }
    const use = { vault, slotBytes: slotBytesFor(vault.policy) }
    return await this.#engines.use(use, (engine) =>
      put({
        session: this.session,
        vault,
        cluster,
        committer,
        engine,
        files: this.#parts.files,
        items: options.items,
        checksum: options.checksum ?? false,
        minShards,
        digests: options.digests,
        outcome: options.outcome,
        progress: options.progress ?? (() => {}),
        signal: this.#signal,
      }),
    )
  }

  /** Writes entries of a vault to local files. */
  async get(
    name: string,
    options: Omit<GetRunOptions, 'files'> & { readonly items: Iterable<GetItem> },
  ): Promise<void> {
    const { feed } = await this.vault(name)
    const items = verified(feed, options.items)
    const request = { ...options, items, files: this.#parts.files }
    await this.#reading(name, (parts) => getFiles(parts, request))
  }

  /** Gives a range of a file to the sink, in order. */
  async read(
    name: string,
    request: { readonly entry: IndexEntry; readonly range: ByteRange; readonly sink: Sink },
  ): Promise<void> {
    await this.#reading(name, (parts) => getBytes(parts, request))
  }

  /** The contents of entries that have one chunk, by version id. What cannot be read now is left out. */
  async readSmall(name: string, entries: readonly IndexEntry[]): Promise<Contents> {
    return await this.#reading(name, (parts) => getContents(parts, entries))
  }

  async close(): Promise<void> {
    await this.#engines.close()
    const opened = await Promise.allSettled(this.#vaults.values())
    for (const result of opened) if (result.status === 'fulfilled') result.value.feed.close()
    const [cluster] = await Promise.allSettled([this.#cluster])
    if (cluster.status === 'fulfilled') cluster.value?.close()
    this.session.close()
  }

  async #openVault(name: string): Promise<VaultInUse> {
    const vault = await openVault(this.session, { name, signal: this.#signal })
    const feed = openFeed(this.session, vault)
    await feed.catchUp(this.#signal)
    return { vault, feed, committer: createCommitter(this.session, feed) }
  }

  async #reading<Result>(
    name: string,
    work: (parts: GetParts) => Promise<Result>,
  ): Promise<Result> {
    const [cluster, { vault }] = await Promise.all([this.cluster(), this.vault(name)])
    const { session } = this
    const signal = this.#signal
    return await this.#engines.use({ vault, slotBytes: getSlotBytes }, (engine) =>
      work({ session, vault, cluster, engine, signal }),
    )
  }
}

/** Checks who made each version before anything of it is read. RECORD_FORGED. */
function* verified(feed: VaultFeed, items: Iterable<GetItem>): Generator<GetItem> {
  for (const item of items) {
    if (item.entry) feed.verifyVersion(item.entry)
    yield item
  }
}
