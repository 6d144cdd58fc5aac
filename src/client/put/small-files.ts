import { packSlotBytes } from '../engine/pack-writer.ts'
import { createPageList } from '../commit/page-list.ts'
import type { FinishedPages } from '../commit/page-list.ts'
import { newId } from '../commit/new-id.ts'
import type { NewPack } from '../commit/pending.ts'
import type { BatchFile, BatchItem, SealedPack } from '../engine/engine.ts'
import type { PutWork } from './put-work.ts'

/** What became of one item of a batch. */
export type SmallFile =
  | {
      readonly kind: 'stored'
      readonly file: Extract<BatchFile, { kind: 'read' }>
      readonly version: string
      readonly pages: FinishedPages
      readonly newBytes: number
      /** Not registered yet: the commit is to do that. */
      readonly packs: readonly NewPack[]
    }
  | Exclude<BatchFile, { kind: 'read' }>

export interface SmallBatch {
  readonly items: readonly BatchItem[]
  /** Leaves registration to the commit: two round trips in all. */
  readonly alone: boolean
}

/** Stores the first items, as many as one pack takes; one result for each of those. */
export async function storeSmallFiles(work: PutWork, batch: SmallBatch): Promise<SmallFile[]> {
  const { engine, packer, vault } = work
  const order = await packer.order(packSlotBytes(vault.policy))
  const made = await engine.batch({ ...order, items: batch.items }).catch((error: unknown) => {
    packer.release(order)
    throw error
  })
  if (made.pack === undefined) {
    packer.release(order)
    return made.files.map((file) => finish(work, file, { pack: undefined, known: [], packs: [] }))
  }
  const asked = knownChunks(work, made.pack)
  // Met when it is awaited, unless sending fails before
  asked.catch(() => {})
  const packs: NewPack[] = []
  if (batch.alone) packs.push(await packer.send(made.pack, order))
  else await packer.deliver(made.pack, order)
  const known = await asked
  return made.files.map((file) => finish(work, file, { pack: made.pack, known, packs }))
}

/** Which of the chunks the vault had already: only to say how much was new. */
async function knownChunks(work: PutWork, pack: SealedPack): Promise<boolean[]> {
  const known = await work.upload.known(pack.chunks.map(({ id }) => id))
  return [...known].map((one) => one === 1)
}

interface Made {
  readonly pack: SealedPack | undefined
  readonly known: boolean[]
  readonly packs: readonly NewPack[]
}

function finish(work: PutWork, file: BatchFile, made: Made): SmallFile {
  if (file.kind !== 'read') return file
  const version = newId(work.session.world.random)
  const pages = createPageList(work.session, { vault: work.vault, version })
  const chunk = file.chunk === undefined ? undefined : made.pack?.chunks[file.chunk]
  if (chunk) pages.add({ id: chunk.id, plainBytes: file.bytes })
  pages.finish()
  const isNew = file.chunk !== undefined && made.known[file.chunk] === false
  // The same content twice in one batch is new once.
  if (isNew) made.known[file.chunk] = true
  return {
    kind: 'stored',
    file,
    version,
    pages: pages.finished(),
    newBytes: isNew ? file.bytes : 0,
    packs: made.packs,
  }
}
