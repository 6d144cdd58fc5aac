import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { paddedBytes } from './batch-layout.ts'
import type { PlannedRecord, WrittenRecord } from './planned-record.ts'
import type { SegmentLog } from './segment-log.ts'

/** Something that wants records in the log. */
export interface PendingWrite {
  /** Of all its records, at most. */
  readonly bodyBytes: number
  /** Called when its batch is put together: its records then; none when there is nothing to write any more. */
  plan(): readonly PlannedRecord[]
  /** Its records are durable. */
  written(records: readonly WrittenRecord[]): void
  failed(cause: unknown): void
}

/** What surrounds the group commit. */
export interface GroupCommitHooks {
  /** The batch is durable: called before anyone is told. */
  readonly durable: (records: readonly WrittenRecord[]) => void
  /** Called once for each failed batch, before anyone is told; what it resolves to says whether to go on. */
  readonly failed: (cause: unknown) => Promise<'go-on' | { readonly refuse: unknown }>
}

interface Member {
  readonly write: PendingWrite
  readonly records: readonly PlannedRecord[]
}

/** Makes everything that arrived during one write and sync the next batch. One batch is written at a time. */
export class GroupCommit {
  readonly #log: SegmentLog
  readonly #hooks: GroupCommitHooks
  #queue: PendingWrite[] = []
  #running: Promise<void> | undefined
  #queuedBytes = 0
  #ended = false

  constructor(log: SegmentLog, hooks: GroupCommitHooks) {
    this.#log = log
    this.#hooks = hooks
  }

  /** Of what waits to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** After `end` it fails. */
  add(write: PendingWrite): void {
    if (this.#ended) {
      write.failed(new HoldfastError('DISK_GONE', 'The store is closed'))
      return
    }
    this.#queue.push(write)
    this.#queuedBytes += paddedBytes(write.bodyBytes)
    this.#running ??= this.#run()
  }

  /** Resolves when nothing is under way or waits; nothing is written from then on. */
  async end(): Promise<void> {
    while (this.#running !== undefined) await this.#running
    this.#ended = true
  }

  async #run(): Promise<void> {
    // What comes in the same turn goes into the same batch
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#commit(this.#takeBatch())
    this.#running = undefined
  }

  #takeBatch(): Member[] {
    const bytesMax = Math.min(limits.groupCommitBytesMax, this.#log.batchBytesMax)
    const members: Member[] = []
    let [bytes, records, taken] = [0, 0, 0]
    for (const write of this.#queue) {
      const writeBytes = paddedBytes(write.bodyBytes)
      if (taken > 0 && bytes + writeBytes > bytesMax) break
      if (records >= limits.groupCommitRecordsMax) break
      const planned = write.plan()
      members.push({ write, records: planned })
      taken += 1
      bytes += writeBytes
      records += planned.length
      this.#queuedBytes -= writeBytes
    }
    this.#queue.splice(0, taken)
    return members
  }

  async #commit(members: readonly Member[]): Promise<void> {
    const records = members.flatMap((member) => member.records)
    let written: WrittenRecord[]
    try {
      written = records.length === 0 ? await this.#nothing() : await this.#log.append(records)
    } catch (cause) {
      await this.#fail(members, cause)
      return
    }
    this.#hooks.durable(written)
    tell(members, written)
  }

  /** Even an empty batch shows whether writing is possible. */
  async #nothing(): Promise<WrittenRecord[]> {
    await this.#log.repair()
    return []
  }

  async #fail(members: readonly Member[], cause: unknown): Promise<void> {
    const answer = await this.#hooks.failed(cause)
    for (const { write } of members) write.failed(cause)
    if (answer === 'go-on') return
    const refused = this.#queue.splice(0)
    this.#queuedBytes = 0
    for (const write of refused) write.failed(answer.refuse)
  }
}

/** Gives each its records: the log has them in another order. */
function tell(members: readonly Member[], written: readonly WrittenRecord[]): void {
  const byPlan = new Map(written.map((record) => [record.planned, record]))
  for (const { write, records } of members) {
    write.written(records.map((record) => byPlan.get(record)!))
  }
}
