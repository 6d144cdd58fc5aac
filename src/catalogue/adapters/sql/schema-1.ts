/** The first schema. Never changed once released: the next one is another step. */
import { sql, type Compilable, type CreateTableBuilder } from 'kysely'
import type { Builder } from './statement.ts'

/** What an engine calls the type of a key that it draws itself and never gives twice, and of bytes. */
export interface SchemaDialect {
  readonly key: (table: Table) => Table
  /** A key that is given in the insert. */
  readonly givenKey: (table: Table) => Table
  readonly bytes: 'blob' | 'bytea'
  /** After the columns of a table that is kept in the order of its primary key. */
  readonly inKeyOrder: (table: Table) => Table
}

export type Table = CreateTableBuilder<string, string>
type Columns = Readonly<Record<string, ColumnType>>
/** `→table` is a number that is the key of a row there; `?` may be null. */
type ColumnType = 'id' | 'bytes' | 'bytes?' | 'number' | 'number?' | 'text' | `→${string}`

export function schema1(builder: Builder, dialect: SchemaDialect): Compilable[] {
  return [...tables(builder, dialect), ...indexes(builder)]
}

function tables(builder: Builder, dialect: SchemaDialect): Compilable[] {
  const plain = (name: string, columns: Columns): Table =>
    withColumns(builder.schema.createTable(name), columns, dialect)
  const keyed = (name: string, columns: Columns): Table =>
    withColumns(dialect.key(builder.schema.createTable(name)), columns, dialect)
  const counted = (name: string, columns: Columns): Table =>
    withColumns(dialect.givenKey(builder.schema.createTable(name)), columns, dialect)
  const ordered = (name: string, columns: Columns, primary: string[]): Table =>
    dialect.inKeyOrder(plain(name, columns).addPrimaryKeyConstraint(`${name}_primary`, primary))
  return [
    ...accountTables({ keyed, plain, ordered }),
    ...treeTables({ keyed, counted, plain, ordered }),
    ...packTables({ counted, ordered }),
  ]
}

type Make = (name: string, columns: Columns) => Table
type MakeOrdered = (name: string, columns: Columns, primary: string[]) => Table
interface Makers {
  /** With a key that the engine draws. */
  readonly keyed: Make
  /** With a key from the counter. */
  readonly counted: Make
  readonly plain: Make
  readonly ordered: MakeOrdered
}

function accountTables({ keyed, plain, ordered }: Omit<Makers, 'counted'>): Table[] {
  return [
    ordered('grid', { one: 'number', grid_id: 'id', term: 'number' }, ['one']),
    ordered('counters', { name: 'text', next: 'number' }, ['name']),
    keyed('accounts', {
      id: 'id',
      name: 'text',
      opaque_record: 'bytes',
      signing_key: 'bytes',
      box_key: 'bytes',
      bundle: 'bytes',
      quota_bytes: 'number?',
    }),
    ordered('tries', { name: 'text', source: 'text', unfinished: 'number', last_ms: 'number' }, [
      'name',
      'source',
    ]),
    ordered(
      'sessions',
      { id: 'id', account: '→accounts', mac_key: 'bytes', life_ms: 'number', expires_ms: 'number' },
      ['id'],
    ),
    keyed('vaults', {
      id: 'id',
      owner: '→accounts',
      code: 'number',
      k: 'number',
      m: 'number',
      threshold: 'number',
      record_number: 'number',
      n: 'number',
      h: 'bytes',
      stored_bytes: 'number',
    }),
    plain('vault_records', {
      vault: '→vaults',
      number: 'number',
      record: 'bytes',
      signature: 'bytes',
    }).addPrimaryKeyConstraint('vault_records_primary', ['vault', 'number'] as never),
    ordered(
      'members',
      {
        vault: '→vaults',
        account: '→accounts',
        wrapped_keys: 'bytes',
        name_tag: 'bytes',
        sealed_name: 'bytes',
      },
      ['account', 'vault'],
    ),
    keyed('nodes', {
      id: 'id',
      name: 'text',
      address: 'text',
      zone: 'text',
      public_key: 'bytes',
      state: 'number',
      store_id: 'bytes?',
      last_record: 'number',
      epoch: 'number',
    }),
  ]
}

function treeTables({ keyed, counted, plain, ordered }: Makers): Table[] {
  return [
    counted('entries', {
      vault: '→vaults',
      id: 'id',
      parent: '→entries?',
      tag: 'bytes',
      folder: 'number',
      kind: 'number',
      implicit: 'number',
      head: 'number?',
      deleted_ms: 'number?',
    }),
    counted('versions', {
      vault: '→vaults',
      id: 'id',
      entry: '→entries?',
      n: 'number?',
      position: 'number?',
      bytes: 'bytes?',
      tombstone: 'number',
      chunk_count: 'number',
      replaced_ms: 'number?',
    }),
    plain('commits', {
      vault: '→vaults',
      n: 'number',
      h: 'bytes',
      account: 'number',
      statement: 'bytes',
      signature: 'bytes',
      at_ms: 'number',
      operations: 'number',
      bytes: 'number',
    }).addPrimaryKeyConstraint('commits_primary', ['vault', 'n'] as never),
    ordered(
      'pages',
      { version: 'number', number: 'number', chunks: 'number', sealed_lengths: 'bytes' },
      ['version', 'number'],
    ),
    ordered('doomed', { version: 'number' }, ['version']),
    keyed('purging', { entry: 'number' }),
  ]
}

function packTables({ counted, ordered }: Pick<Makers, 'counted' | 'ordered'>): Table[] {
  return [
    counted('uploads', { id: 'id', vault: '→vaults', account: 'number', expires_ms: 'number' }),
    counted('packs', {
      id: 'id',
      vault: '→vaults?',
      state: 'number',
      kind: 'number',
      code: 'number',
      k: 'number',
      m: 'number',
      length: 'number',
      shard_length: 'number',
      generation: 'number',
      data_roots: 'bytes',
      held: 'number',
      unheld: 'number',
      empty_since: 'number?',
    }),
    ordered(
      'shards',
      {
        pack: '→packs',
        index: 'number',
        node: '→nodes',
        state: 'number',
        epoch: 'number',
        record_number: 'number?',
        since_ms: 'number',
      },
      ['pack', 'index'],
    ),
    counted('chunks', {
      vault: '→vaults',
      id: 'id',
      pack: '→packs',
      offset: 'number',
      length: 'number',
      generation: 'number',
      trash_since: 'number?',
    }),
    ordered('refs', { version: 'number', position: 'number', chunk: '→chunks' }, [
      'version',
      'position',
    ]),
    ordered('upload_packs', { upload: '→uploads', pack: '→packs' }, ['upload', 'pack']),
    ordered('staged', { version: '→versions', upload: '→uploads' }, ['version']),
    ordered('suspects', { pack: '→packs' }, ['pack']),
  ]
}

function withColumns(table: Table, columns: Columns, dialect: SchemaDialect): Table {
  let built = table
  for (const [name, type] of Object.entries(columns)) {
    const bytes = type === 'id' || type === 'bytes' || type === 'bytes?'
    const column = bytes ? dialect.bytes : type === 'text' ? 'text' : 'bigint'
    built = built.addColumn(name, column, (each) => {
      const wanted = type.endsWith('?') ? each : each.notNull()
      if (!type.startsWith('→')) return wanted
      return wanted.references(`${type.replaceAll(/[→?]/g, '')}.key`)
    })
  }
  return built
}

/** Conditions stand in the SQL as they are: an index serves only a query that repeats them. */
function indexes(builder: Builder): Compilable[] {
  const index = builder.schema.createIndex.bind(builder.schema)
  return [
    index('accounts_id').unique().on('accounts').column('id'),
    index('accounts_name').unique().on('accounts').column('name'),
    index('tries_last').on('tries').column('last_ms'),
    index('sessions_expiry').on('sessions').column('expires_ms'),
    index('vaults_id').unique().on('vaults').column('id'),
    index('vaults_owner').on('vaults').column('owner'),
    index('members_name').unique().on('members').columns(['account', 'name_tag']),
    index('members_vault').on('members').column('vault'),
    index('nodes_id').unique().on('nodes').column('id'),
    index('entries_id').unique().on('entries').columns(['vault', 'id']),
    index('entries_name')
      .unique()
      .on('entries')
      .columns(['parent', 'tag', 'folder'])
      .where(sql.ref('deleted_ms'), 'is', null),
    index('entries_parent').on('entries').column('parent'),
    index('entries_deleted')
      .on('entries')
      .column('deleted_ms')
      .where(sql.ref('deleted_ms'), 'is not', null),
    index('versions_id').unique().on('versions').columns(['vault', 'id']),
    index('versions_entry').on('versions').column('entry'),
    index('versions_feed')
      .unique()
      .on('versions')
      .columns(['vault', 'n', 'position'])
      .where(sql.ref('n'), 'is not', null),
    index('versions_replaced')
      .on('versions')
      .column('replaced_ms')
      .where(sql.ref('replaced_ms'), 'is not', null),
    index('purging_entry').unique().on('purging').column('entry'),
    index('refs_chunk').on('refs').column('chunk'),
    index('uploads_id').unique().on('uploads').column('id'),
    index('uploads_expiry').on('uploads').column('expires_ms'),
    index('upload_packs_pack').on('upload_packs').column('pack'),
    index('staged_upload').on('staged').column('upload'),
    index('packs_id').unique().on('packs').column('id'),
    index('packs_to_heal').on('packs').column('id').where(sql.ref('unheld'), '>', sql.lit(0)),
    index('packs_empty')
      .on('packs')
      .column('empty_since')
      .where(sql.ref('empty_since'), 'is not', null),
    index('packs_to_delete')
      .on('packs')
      .column('key')
      .where(sql.ref('state'), '=', sql.lit(3))
      .where(sql.ref('held'), '>', sql.lit(0)),
    index('chunks_id').unique().on('chunks').columns(['vault', 'id']),
    index('chunks_pack').on('chunks').column('pack'),
    index('chunks_trash')
      .on('chunks')
      .column('trash_since')
      .where(sql.ref('trash_since'), 'is not', null),
  ]
}
