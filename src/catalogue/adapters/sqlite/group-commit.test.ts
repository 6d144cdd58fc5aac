import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import { HandClock } from '../../../testing/conformance/catalogue/sqlite-harness.ts'
import { createSqliteCompiler } from './compiler.ts'
import { openSqliteDatabase, type SqliteDatabase } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { Refusal, type Transaction } from '../sql/transaction.ts'
import { statement } from '../sql/statement.ts'

const insert = statement((builder, args: { number: number }) =>
  builder.insertInto('schema_steps').values({ number: args.number, applied_ms: 0 }),
)
const numbers = statement((builder) =>
  builder.selectFrom('schema_steps').select('number').orderBy('number'),
)

interface Bench {
  readonly database: SqliteDatabase
  readonly engine: GroupCommit
  /** Commits so far. */
  commits: number
  /** Thrown by the next statement that contains the text. */
  fail: { text: string; error: Error } | undefined
}

function begin(): Bench {
  const real = openSqliteDatabase(':memory:')
  real.run('create table schema_steps (number integer primary key, applied_ms integer)')
  const bench: Partial<Bench> & { commits: number } = { commits: 0 }
  const database: SqliteDatabase = {
    path: real.path,
    get inTransaction() {
      return real.inTransaction
    },
    run(sql, values) {
      const { fail } = bench
      if (fail !== undefined && sql.includes(fail.text)) {
        bench.fail = undefined
        throw fail.error
      }
      if (sql === 'commit') bench.commits += 1
      return real.run(sql, values)
    },
    close: () => real.close(),
  }
  const compiler = createSqliteCompiler()
  const engine = new GroupCommit({ database, compiler, clock: new HandClock() })
  return Object.assign(bench, { database, engine, fail: undefined })
}

const put = (number: number) => async (transaction: Transaction) => {
  await transaction.all(insert, { number })
  return number
}

async function stored({ engine }: Bench): Promise<number[]> {
  const rows = await engine.read((transaction) => transaction.all(numbers, {}))
  return rows.map((row) => row.number)
}

const full = new HoldfastError('NO_SPACE', 'full')

describe('group commit', () => {
  it('commits together what came together', async () => {
    const bench = begin()
    const answers = await Promise.all([1, 2, 3].map((each) => bench.engine.write(put(each))))
    assert.deepEqual(answers, [1, 2, 3])
    assert.equal(bench.commits, 1)
    assert.deepEqual(await stored(bench), [1, 2, 3])
  })

  it('takes back what is refused or fails, alone', async () => {
    const bench = begin()
    const refused = bench.engine.write(async (transaction) => {
      await put(2)(transaction)
      // oxlint-disable-next-line typescript/only-throw-error -- how a transaction is taken back
      throw new Refusal('no')
    })
    const failed = bench.engine.write(async (transaction) => {
      await put(3)(transaction)
      throw new Error('defect')
    })
    const twice = bench.engine.write(put(1))
    const others = [bench.engine.write(put(1)), bench.engine.write(put(4))]
    assert.equal(await refused, 'no')
    await assert.rejects(failed, /defect/)
    assert.equal(await twice, 1)
    const [again, last] = await Promise.allSettled(others)
    assert.equal(again!.status, 'rejected')
    assert.equal(last!.status, 'fulfilled')
    assert.deepEqual(await stored(bench), [1, 4])
  })

  it('answers nothing that was not made durable', async () => {
    const bench = begin()
    await bench.engine.write(put(1))
    bench.fail = { text: 'commit', error: full }
    const calls = [2, 3].map((each) => bench.engine.write(put(each)))
    for (const call of calls) await assert.rejects(call, { code: 'NO_SPACE' })
    assert.deepEqual(await stored(bench), [1])
    await bench.engine.write(put(2))
    assert.deepEqual(await stored(bench), [1, 2])
  })

  it('fails a whole batch when the database ended its transaction', async () => {
    const bench = begin()
    const first = bench.engine.write(put(1))
    const broken = bench.engine.write(async (transaction) => {
      await put(2)(transaction)
      bench.database.run('rollback')
      throw full
    })
    const third = bench.engine.write(put(3))
    for (const call of [first, broken, third]) await assert.rejects(call, { code: 'NO_SPACE' })
    assert.deepEqual(await stored(bench), [])
    await bench.engine.write(put(1))
  })

  it('refuses what goes beyond its queue', async () => {
    const bench = begin()
    const calls = Array.from({ length: limits.catalogueQueueMax }, (_, at) =>
      bench.engine.write(put(at)),
    )
    await assert.rejects(bench.engine.write(put(-1)), { code: 'BUSY' })
    await Promise.all(calls)
    assert.equal(bench.commits, limits.catalogueQueueMax / limits.catalogueGroupMax)
    await bench.engine.write(put(-1))
  })

  it('forgets at a crash what was not committed, and settles nothing of it', async () => {
    const bench = begin()
    await bench.engine.write(put(1))
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    const settled: string[] = []
    const watch = (call: Promise<unknown>): void => {
      void Promise.allSettled([call]).then(() => settled.push('settled'))
    }
    watch(
      bench.engine.write(async (transaction) => {
        await put(2)(transaction)
        reach()
        for (;;) await transaction.all(numbers, {})
      }),
    )
    watch(bench.engine.write(put(3)))
    await reached
    watch(bench.engine.write(put(4)))
    bench.engine.crash()
    watch(bench.engine.write(put(5)))
    watch(bench.engine.read((transaction) => transaction.all(numbers, {})))
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(settled, [])
    const { database } = bench
    const parts = { database, compiler: createSqliteCompiler(), clock: new HandClock() }
    assert.deepEqual(await stored({ ...bench, engine: new GroupCommit(parts) }), [1])
  })

  it('finishes what waits when it is closed, and takes no more', async () => {
    const bench = begin()
    const call = bench.engine.write(put(1))
    await bench.engine.close()
    assert.equal(await call, 1)
    await assert.rejects(bench.engine.write(put(2)), { code: 'INTERRUPTED' })
  })
})
