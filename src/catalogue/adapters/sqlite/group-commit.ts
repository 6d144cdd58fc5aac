/**
 * Group commit: operations queue up, and all that wait run in one SQLite transaction, each in a savepoint of
 * its own, so that one sync of the disk serves them all. Nothing is answered before the commit is durable.
 *
 * 1. Reads of a batch run before its writes, in a transaction without writes, and are answered at once: they
 *    see what was acknowledged before they began, and never wait for a sync.
 * 2. A failed or refused write takes back only itself.
 * 3. When the transaction itself fails, all its writes fail, and none is there.
 */
import type { Clock } from '../../../base/clock.ts'
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import type { Compiler, Value } from '../sql/statement.ts'
import { Refusal, Transaction, type Engine, type Operation } from '../sql/transaction.ts'
import type { SqliteDatabase } from './database.ts'

export interface GroupCommitParts {
  readonly database: SqliteDatabase
  readonly compiler: Compiler
  readonly clock: Clock
  /** Called before each batch: takes in what waits outside, by calling `read` and `write`. */
  readonly arrivals?: () => void
}

interface Waiting {
  readonly operation: Operation<unknown>
  readonly settle: (outcome: Outcome) => void
}

type Outcome =
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly failure: unknown }

export class GroupCommit implements Engine {
  readonly #parts: GroupCommitParts
  #reads: Waiting[] = []
  #writes: Waiting[] = []
  #pump: Promise<void> | undefined
  #state: 'open' | 'closed' | 'crashed' = 'open'

  constructor(parts: GroupCommitParts) {
    this.#parts = parts
  }

  read<Answer>(operation: Operation<Answer>): Promise<Answer> {
    return this.#queue(this.#reads, operation)
  }

  write<Answer>(operation: Operation<Answer>): Promise<Answer> {
    return this.#queue(this.#writes, operation)
  }

  async close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closed'
    await this.#pump
  }

  /** Drops queue and open transaction; what is under way never settles. */
  crash(): void {
    this.#state = 'crashed'
    this.#reads = []
    this.#writes = []
    this.#rollback()
  }

  #queue<Answer>(queue: Waiting[], operation: Operation<Answer>): Promise<Answer> {
    if (this.#state === 'crashed') return new Promise(() => {})
    if (this.#state === 'closed') {
      return Promise.reject(
        new HoldfastError('INTERRUPTED', 'Cannot use the catalogue: it is closed'),
      )
    }
    if (queue.length >= limits.catalogueQueueMax) {
      const message = `Cannot queue work for the catalogue: ${queue.length} calls wait already`
      return Promise.reject(new HoldfastError('BUSY', message))
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const settle = (outcome: Outcome): void => {
      if (this.#state === 'crashed') return
      if (outcome.kind === 'answer') resolve(outcome.answer as Answer)
      else reject(outcome.failure)
    }
    queue.push({ operation, settle })
    this.#pump ??= this.#run()
    return promise
  }

  async #run(): Promise<void> {
    // What is asked for in the same turn joins the first batch.
    await Promise.resolve()
    while (this.#state !== 'crashed') {
      this.#parts.arrivals?.()
      if (this.#reads.length + this.#writes.length === 0) break
      await this.#batch(this.#reads, (waiting) => this.#readAll(waiting))
      await this.#batch(this.#writes, (waiting) => this.#writeAll(waiting))
    }
    this.#pump = undefined
  }

  /** Takes from `queue` what one transaction may hold. Nothing that happens in it goes beyond it. */
  async #batch(queue: Waiting[], run: (waiting: Waiting[]) => Promise<void>): Promise<void> {
    const waiting = queue.splice(0, limits.catalogueGroupMax)
    if (waiting.length === 0 || this.#state === 'crashed') return
    try {
      await run(waiting)
    } catch (failure) {
      this.#rollback()
      for (const each of waiting) each.settle({ kind: 'failure', failure })
    }
  }

  async #readAll(waiting: Waiting[]): Promise<void> {
    this.#sql('begin')
    for (const each of waiting) {
      each.settle(await this.#attempt(each.operation))
      if (this.#state === 'crashed') return
    }
    this.#sql('commit')
  }

  async #writeAll(waiting: Waiting[]): Promise<void> {
    const { clock } = this.#parts
    const startMs = clock.monotonicMs()
    const done: { each: Waiting; outcome: Outcome }[] = []
    this.#sql('begin immediate')
    for (const each of waiting) {
      done.push({ each, outcome: await this.#inSavepoint(each.operation) })
      if (this.#state === 'crashed') return
      if (clock.monotonicMs() - startMs > limits.catalogueGroupMs) break
    }
    this.#sql('commit')
    this.#writes.unshift(...waiting.slice(done.length))
    for (const { each, outcome } of done) each.settle(outcome)
  }

  async #inSavepoint(operation: Operation<unknown>): Promise<Outcome> {
    this.#sql('savepoint operation')
    const outcome = await this.#attempt(operation)
    if (this.#state === 'crashed') return outcome
    const takeBack = outcome.kind === 'failure' || outcome.answer instanceof Refusal
    // A full disk may have ended the whole transaction: then nothing of this batch is there.
    if (takeBack && !this.#parts.database.inTransaction) {
      throw outcome.kind === 'failure' ? outcome.failure : new Error('transaction ended')
    }
    if (takeBack) this.#sql('rollback to operation')
    this.#sql('release operation')
    if (outcome.kind === 'failure' || !(outcome.answer instanceof Refusal)) return outcome
    return { kind: 'answer', answer: outcome.answer.answer }
  }

  async #attempt(operation: Operation<unknown>): Promise<Outcome> {
    const { compiler, clock } = this.#parts
    const runner = { run: (sql: string, values: readonly Value[]) => this.#query(sql, values) }
    try {
      const transaction = new Transaction(compiler, runner, clock.nowMs())
      return { kind: 'answer', answer: await operation(transaction) }
    } catch (failure) {
      if (failure instanceof Refusal) return { kind: 'answer', answer: failure }
      return { kind: 'failure', failure }
    }
  }

  #query(sql: string, values: readonly Value[]): Promise<unknown[]> {
    // The process is gone: whatever asks never hears again.
    if (this.#state === 'crashed') return new Promise(() => {})
    try {
      return Promise.resolve(this.#parts.database.run(sql, values))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #sql(text: string): void {
    this.#parts.database.run(text)
  }

  #rollback(): void {
    if (this.#parts.database.inTransaction) this.#sql('rollback')
  }
}
