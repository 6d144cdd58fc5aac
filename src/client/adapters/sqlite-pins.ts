/** What an account remembers of its vaults, in a SQLite file, or in memory for tests and the simulated world. */
import { HoldfastError, hasCode } from '../../base/errors.ts'
import { concatBytes, fromHex } from '../../base/bytes.ts'
import type { FeedPoint, PinnedRecord, VaultPin, VaultPins } from '../index/vault-index.ts'
import { SqliteFile, type SqliteSchema } from './sqlite-file.ts'

const schema: SqliteSchema = {
  version: 1,
  tables: [],
  create: `
    CREATE TABLE feeds (
      vault BLOB PRIMARY KEY, term INTEGER NOT NULL, n INTEGER NOT NULL, h BLOB NOT NULL
    ) STRICT;
    CREATE TABLE records (
      vault BLOB PRIMARY KEY, number INTEGER NOT NULL, hash BLOB NOT NULL,
      life_key BLOB, generation_keys BLOB
    ) STRICT`,
}
const keyBytes = 32
const selectFeed = 'SELECT term, n, h FROM feeds WHERE vault = ?'
const selectRecord = 'SELECT * FROM records WHERE vault = ?'
/** The fifth: whether it is written again when it is there already, so that it becomes durable. */
const raiseFeed = `
  INSERT INTO feeds VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (vault) DO UPDATE SET term = max(term, excluded.term), n = excluded.n,
    h = iif(excluded.n > n, excluded.h, h)
  WHERE excluded.n > n OR (excluded.n = n AND (excluded.term > term OR ?5))`
const raiseRecord = `
  INSERT INTO records VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (vault) DO UPDATE SET number = excluded.number, hash = excluded.hash,
    life_key = excluded.life_key, generation_keys = excluded.generation_keys
  WHERE excluded.number > number
    OR (excluded.number = number AND life_key IS NULL AND excluded.life_key IS NOT NULL)`

const forgetSecrets = 'UPDATE records SET life_key = NULL, generation_keys = NULL'

/** `path` may be `:memory:`. */
export function openSqlitePins(path: string): VaultPins {
  try {
    return new SqlitePins(new SqliteFile(path, schema))
  } catch (error) {
    if (!hasCode(error, 'CORRUPT')) throw error
    throw new HoldfastError('CORRUPT', error.message, {
      cause: error,
      hint: `It notices when a coordinator shows an older state: remove ${path} only if you trust this one`,
    })
  }
}

class SqlitePins implements VaultPins {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
    // Keys that were replaced or forgotten do not stay in free pages.
    file.guard(() => file.database.exec('PRAGMA secure_delete = ON'))
  }

  get(vault: string): VaultPin | undefined {
    const key = fromHex(vault)!
    return this.#file.guard(() => {
      const feed = this.#file.statement(selectFeed).get(key)
      const record = this.#file.statement(selectRecord).get(key)
      if (!feed && !record) return undefined
      return { feed: pointOf(feed), record: record && recordOf(record) }
    })
  }

  raiseFeed(
    vault: string,
    { term, n, h }: FeedPoint,
    { durable = false }: { readonly durable?: boolean } = {},
  ): void {
    const values = [fromHex(vault)!, term, n, h, durable ? 1 : 0]
    const raise = (): unknown => this.#file.statement(raiseFeed).run(...values)
    if (durable) this.#durably(raise)
    else this.#file.guard(raise)
  }

  raiseRecord(vault: string, record: PinnedRecord): void {
    const { number, hash, secrets } = record
    const keys = secrets ? [secrets.lifeKey, concatBytes(secrets.generationKeys)] : [null, null]
    this.#durably(() =>
      this.#file.statement(raiseRecord).run(fromHex(vault)!, number, hash, ...keys),
    )
  }

  forgetSecrets(): void {
    const { database } = this.#file
    this.#durably(() => database.exec(forgetSecrets))
    // What the log still has of them would go only when its last user closes it.
    this.#file.guard(() => database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all())
  }

  #durably(work: () => unknown): void {
    const { database } = this.#file
    this.#file.guard(() => {
      database.exec('PRAGMA synchronous = FULL')
      try {
        work()
      } finally {
        database.exec('PRAGMA synchronous = NORMAL')
      }
    })
  }

  close(): void {
    this.#file.close()
  }
}

function pointOf(row: Record<string, unknown> | undefined): FeedPoint {
  if (!row) return { term: 0, n: 0, h: new Uint8Array(0) }
  return { term: row.term as number, n: row.n as number, h: row.h as Uint8Array }
}

function recordOf(row: Record<string, unknown>): PinnedRecord {
  const lifeKey = row.life_key as Uint8Array | null
  return {
    number: row.number as number,
    hash: row.hash as Uint8Array,
    secrets: lifeKey === null ? undefined : { lifeKey, generationKeys: split(row.generation_keys) },
  }
}

function split(together: unknown): Uint8Array[] {
  const bytes = together as Uint8Array
  const keys: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += keyBytes) keys.push(bytes.slice(at, at + keyBytes))
  return keys
}
