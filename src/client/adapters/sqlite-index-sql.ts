/** Tables and statements of the index of a vault. */
import { entryColumns } from './sqlite-index-rows.ts'
import type { SqliteSchema } from './sqlite-file.ts'

export const indexSchema: SqliteSchema = {
  version: 2,
  tables: ['state', 'heads', 'commits', 'entries', 'purged'],
  create: `
    CREATE TABLE state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      term INTEGER NOT NULL, n INTEGER NOT NULL, h BLOB NOT NULL, commit_term INTEGER NOT NULL
    ) STRICT;
    INSERT INTO state VALUES (1, 0, 0, x'', 0);
    CREATE TABLE heads (n INTEGER PRIMARY KEY, h BLOB NOT NULL) STRICT;
    CREATE TABLE commits (
      n INTEGER PRIMARY KEY, writer BLOB NOT NULL,
      statement BLOB NOT NULL, signature BLOB NOT NULL, verified INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE entries (
      entry BLOB PRIMARY KEY, parent BLOB NOT NULL, name BLOB NOT NULL, folder INTEGER NOT NULL,
      tombstone INTEGER NOT NULL, kind INTEGER NOT NULL, implicit INTEGER NOT NULL,
      tag BLOB NOT NULL, version BLOB NOT NULL, previous BLOB, generation INTEGER NOT NULL,
      mode INTEGER NOT NULL, bytes INTEGER NOT NULL, seconds INTEGER NOT NULL,
      nanoseconds INTEGER NOT NULL, sha256 BLOB NOT NULL, md5 BLOB, chunk_count INTEGER NOT NULL,
      list_root BLOB NOT NULL, n INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE purged (
      entry BLOB PRIMARY KEY, parent BLOB NOT NULL, kind INTEGER NOT NULL,
      tombstone INTEGER NOT NULL, version BLOB NOT NULL, n INTEGER NOT NULL,
      settled INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unsettled ON purged (entry) WHERE settled = 0;
    CREATE INDEX live ON entries (parent, name, folder) WHERE tombstone = 0;
    CREATE INDEX deleted ON entries (parent, name, n) WHERE tombstone = 1 AND folder = 0`,
}

const newEntryValues = Array.from({ length: entryColumns }, (_, at) => `?${at + 1}`).join(', ')

export const indexSql = {
  state: 'SELECT * FROM state',
  entry: 'SELECT * FROM entries WHERE entry = ?',
  child: 'SELECT * FROM entries WHERE tombstone = 0 AND parent = ? AND name = ? AND folder = ?',
  named: `SELECT * FROM entries WHERE tombstone = 0 AND parent = ?1 AND name = ?2
    UNION ALL SELECT * FROM (
      SELECT * FROM entries WHERE tombstone = 1 AND folder = 0 AND parent = ?1 AND name = ?2
      ORDER BY n DESC LIMIT 1)`,
  children:
    'SELECT * FROM entries WHERE tombstone = 0 AND parent = ? AND (name, folder) > (?, ?) ORDER BY name, folder LIMIT ?',
  totals: `WITH RECURSIVE folders (id) AS (
      SELECT ? UNION ALL
      SELECT entry FROM entries JOIN folders ON parent = id WHERE tombstone = 0 AND folder = 1)
    SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes FROM folders
    JOIN entries ON parent = id WHERE tombstone = 0 AND folder = 0`,
  purgedHead: 'SELECT * FROM purged WHERE entry = ?',
  unsettled: 'SELECT * FROM purged WHERE settled = 0 LIMIT ?',
  commit: 'SELECT * FROM commits JOIN heads USING (n) WHERE n = ?',
  head: 'SELECT h FROM heads WHERE n = ?',
  heads: 'SELECT h FROM (SELECT n, h FROM heads ORDER BY n DESC LIMIT ?) ORDER BY n',
  setState: 'UPDATE state SET term = ?, n = ?, h = ?, commit_term = ?',
  addHead: 'INSERT INTO heads VALUES (?, ?)',
  addCommit: 'INSERT INTO commits VALUES (?, ?, ?, ?, ?)',
  markVerified: 'UPDATE commits SET verified = 1 WHERE n = ?',
  putEntry: `INSERT OR REPLACE INTO entries VALUES (${Array(entryColumns).fill('?').join(', ')})`,
  putNewEntry: `INSERT INTO entries SELECT ${newEntryValues}
    WHERE NOT EXISTS (SELECT 1 FROM purged WHERE entry = ?1)
    AND NOT EXISTS (SELECT 1 FROM entries
      WHERE tombstone = 0 AND parent = ?2 AND name = ?3 AND folder = ?4)
    ON CONFLICT (entry) DO NOTHING`,
  removeEntry: 'DELETE FROM entries WHERE entry = ?',
  putPurgedHead: 'INSERT OR REPLACE INTO purged VALUES (?, ?, ?, ?, ?, ?, ?)',
  removePurgedHead: 'DELETE FROM purged WHERE entry = ?',
  settle: 'UPDATE purged SET settled = 1 WHERE entry = ?',
} as const

export type StatementName = keyof typeof indexSql
