/** What a store knows after opening (docs/store.md, section 6). */
import { hasCode } from '../base/errors.ts'
import { decodeHeader } from '../core/shard.ts'
import { readCheckpoint } from './checkpoint.ts'
import { vaultOfHeader } from './planned-record.ts'
import { recordHeaderBytes, type RecordHeader } from './record.ts'
import { scanSegment, type ScannedRecord } from './segment-scan.ts'
import { segmentPath } from './segment-path.ts'
import { listSegments, refuseOther, startBlockOf } from './store-files.ts'
import { StoreIndex, type IndexedRecord } from './store-index.ts'
import { startBlockBytes } from './superblock.ts'
import { settleTail, type TailOptions } from './tail.ts'
import { isUnreadable } from './unreadable.ts'

export interface RecoveryOptions extends TailOptions {
  /** For the index's hash. */
  readonly secret: Uint8Array
}

export interface Recovered {
  readonly index: StoreIndex
  readonly lastSequence: number
  readonly nextSegment: number
  readonly report: RecoveryReport
}

export interface RecoveryReport {
  readonly shards: number
  readonly segments: number
  /** Whether the checkpoint could be used. */
  readonly fromCheckpoint: boolean
  readonly recordsRead: number
  /** Of the batch that was not finished: kept, and made void. */
  readonly tailKept: number
  readonly tailVoid: number
  /** Records missing between others, and entries whose segment is missing. */
  readonly recordsDamaged: number
  /** Of those kept, what could be made neither durable again nor void: marked damaged. */
  readonly tailUnsettled: number
  /** Segments that could not be read, or not all of them. */
  readonly segmentsUnreadable: readonly number[]
}

export async function recover(options: RecoveryOptions): Promise<Recovered> {
  return new Recovery(options).run()
}

class Recovery {
  readonly #options: RecoveryOptions
  #index: StoreIndex
  /** Read, but not yet known to have been durable once. */
  #unsure: IndexedRecord[] = []
  #floor = 0
  #highest = 0
  #recordsRead = 0
  #recordsDamaged = 0
  readonly #unreadable = new Set<number>()

  constructor(options: RecoveryOptions) {
    this.#options = options
    this.#index = new StoreIndex(options.secret)
  }

  async run(): Promise<Recovered> {
    const segments = await listSegments(this.#options.disk)
    const checkpoint = await this.#loadCheckpoint(segments)
    for (const segment of segments) this.#index.segments.add(segment)
    this.#index.countLive()
    for (const segment of segments) {
      if (checkpoint !== undefined && segment < checkpoint.segment) continue
      const offset = segment === checkpoint?.segment ? checkpoint.offset : 0
      await this.#readSegment(segment, Math.max(offset, startBlockBytes))
    }
    const tail = await this.#settleTail()
    this.#recordsDamaged += this.#index.countLive()
    const highestSegment = Math.max(0, ...segments)
    return {
      index: this.#index,
      lastSequence: this.#lastSequence(),
      nextSegment: Math.max(highestSegment + 1, checkpoint?.segment ?? 0),
      report: {
        shards: this.#index.shards.count,
        segments: segments.length,
        fromCheckpoint: checkpoint !== undefined,
        recordsRead: this.#recordsRead,
        ...tail,
        recordsDamaged: this.#recordsDamaged,
        segmentsUnreadable: [...this.#unreadable],
      },
    }
  }

  /** Numbers that an unreadable segment may hold are not given again. */
  #lastSequence(): number {
    const unknown = this.#unreadable.size * (2 ** 32 / recordHeaderBytes)
    return Math.max(this.#highest, this.#floor) + unknown
  }

  async #loadCheckpoint(segments: readonly number[]): ReturnType<typeof readCheckpoint> {
    const { disk, primitives, superblock } = this.#options
    const { storeId } = superblock
    const checkpoint = await readCheckpoint(this.#index, { disk, primitives, storeId })
    if (checkpoint === undefined) {
      this.#index = new StoreIndex(this.#options.secret)
      return undefined
    }
    for (const row of this.#index.segments.rows) {
      if (!segments.includes(row.number)) this.#index.segments.remove(row.number)
    }
    this.#floor = checkpoint.sequence
    return checkpoint
  }

  async #readSegment(segment: number, from: number): Promise<void> {
    const { disk, superblock } = this.#options
    try {
      const start = await startBlockOf(this.#options, segment)
      if (start !== undefined) {
        refuseOther(superblock, start)
        this.#highest = Math.max(this.#highest, start.firstSequence - 1)
      }
      const file = await disk.open(segmentPath(segment), {})
      try {
        const { primitives } = this.#options
        const { storeKey } = superblock
        const unreadable = (): unknown => this.#unreadable.add(segment)
        const records = scanSegment(file, { primitives, storeKey, segment, from, unreadable })
        let previous: number | undefined
        for await (const record of records) {
          if (previous !== undefined) this.#recordsDamaged += record.header.sequence - previous - 1
          previous = record.header.sequence
          this.#take(segment, record)
        }
      } finally {
        await file.close()
      }
    } catch (error) {
      if (!isUnreadable(error)) throw error
      this.#unreadable.add(segment)
    }
  }

  #take(segment: number, { header, offset, shardHeader }: ScannedRecord): void {
    this.#recordsRead += 1
    this.#highest = Math.max(this.#highest, header.sequence)
    this.#floor = Math.max(this.#floor, header.durable)
    const vault = header.type === 'shard' ? vaultOfHeader(shardHeader) : undefined
    const damaged = header.type === 'shard' && !this.#verifies(shardHeader)
    this.#unsure.push({ header: copyOf(header), place: { segment, offset }, vault, damaged })
    if (this.#unsure[0]!.header.sequence <= this.#floor) this.#applySure()
  }

  #verifies(shardHeader: Uint8Array): boolean {
    try {
      decodeHeader(this.#options.primitives, shardHeader)
      return true
    } catch (error) {
      if (hasCode(error, 'MALFORMED') || hasCode(error, 'VERSION_UNSUPPORTED')) return false
      throw error
    }
  }

  #applySure(): void {
    const sure = this.#unsure.filter(({ header }) => header.sequence <= this.#floor)
    this.#unsure = this.#unsure.filter(({ header }) => header.sequence > this.#floor)
    for (const record of sure) this.#index.apply(record)
  }

  async #settleTail(): Promise<{ tailKept: number; tailVoid: number; tailUnsettled: number }> {
    const tail = this.#unsure
    const { kept, unsettled: tailUnsettled } = await settleTail(tail, this.#options)
    for (const record of kept) this.#index.apply(record)
    return { tailKept: kept.length, tailVoid: tail.length - kept.length, tailUnsettled }
  }
}

function copyOf(header: RecordHeader): RecordHeader {
  return { ...header, shardId: header.shardId.slice(), root: header.root.slice() }
}
