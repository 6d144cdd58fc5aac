import { hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { createPageList } from '../commit/page-list.ts'
import type { FinishedPages } from '../commit/page-list.ts'
import { newId } from '../commit/new-id.ts'
import type { NewPack } from '../commit/pending.ts'
import type { BatchFile, BatchItem } from '../engine/engine.ts'
import type { PutWork } from './put-work.ts'
import { makeBatch } from './small-batch.ts'
import type { MadeFile } from './small-batch.ts'

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
  /** Leaves registration to the commit, and sends before it is told what is known: two round trips in all. */
  readonly alone: boolean
  /** Sends what the vault is said to have, too. */
  readonly resend: boolean
}

/** Stores the first items, as many as one pack takes; one result for each of those. */
export async function storeSmallFiles(work: PutWork, batch: SmallBatch): Promise<SmallFile[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await storeOnce(work, { ...batch, resend: batch.resend || tries > 1 })
    } catch (error) {
      if (!hasCode(error, 'PACK_DEAD') || tries >= limits.resendsMax) throw error
    }
  }
}

async function storeOnce(work: PutWork, batch: SmallBatch): Promise<SmallFile[]> {
  const { packer } = work
  const made = await makeBatch(work, batch)
  const packs: NewPack[] = []
  if (made.send && batch.alone) packs.push(await packer.send(made.send.pack, made.send.order))
  else if (made.send) await packer.deliver(made.send.pack, made.send.order)
  const known = new Set(await made.known)
  return made.files.map((file) => finish(work, file, { known, packs }))
}

interface Told {
  /** Hex ids of contents that are not new. */
  readonly known: Set<string>
  readonly packs: readonly NewPack[]
}

function finish(work: PutWork, { file, chunk }: MadeFile, { known, packs }: Told): SmallFile {
  if (file.kind !== 'read') return file
  const version = newId(work.session.world.random)
  const pages = createPageList(work.session, { vault: work.vault, version })
  if (chunk) pages.add({ id: chunk, plainBytes: file.bytes })
  pages.finish()
  const isNew = chunk !== undefined && !known.has(chunk.toHex())
  // The same content twice in one batch is new once.
  if (isNew) known.add(chunk.toHex())
  return {
    kind: 'stored',
    file,
    version,
    pages: pages.finished(),
    newBytes: isNew ? file.bytes : 0,
    packs,
  }
}
