/** Small files on their way into one pack, without what the vault has. */
import { limits } from '../../base/limits.ts'
import { batchSlotBytes } from '../engine/pack-writer.ts'
import type { BatchFile, BatchItem, PackOrder, SealedPack } from '../engine/engine.ts'
import type { PutWork } from './put-work.ts'

export interface MadeFile {
  readonly file: BatchFile
  /** 32 bytes; undefined for what has no content. */
  readonly chunk: Uint8Array | undefined
}

export interface MadeBatch {
  /** Of the first items, in order. */
  readonly files: readonly MadeFile[]
  /** The slot of the order is with who sends the pack; undefined when nothing is to be sent. */
  readonly send: { readonly pack: SealedPack; readonly order: PackOrder } | undefined
  /** Hex ids of chunks that the vault has. */
  readonly known: Promise<ReadonlySet<string>>
}

export interface BatchOptions {
  readonly items: readonly BatchItem[]
  /** Does not wait for what is known. */
  readonly alone: boolean
  /** Seals what is known, too. */
  readonly resend: boolean
}

/**
 * Reads the first items, as many as one pack takes, and seals what the vault lacks. What it is said to have is
 * advice: the commit may miss it.
 */
export async function makeBatch(work: PutWork, options: BatchOptions): Promise<MadeBatch> {
  const { packer, vault } = work
  const { items } = options
  const lengths = items.map((item) => (item.kind === 'path' ? item.bytes : item.content.length))
  const order = await packer.order(batchSlotBytes(vault.policy, lengths))
  let made: MadeBatch | undefined
  try {
    made = await makeInto(work, order, options)
    return made
  } finally {
    if (made?.send === undefined) packer.release(order)
  }
}

async function makeInto(
  work: PutWork,
  order: PackOrder,
  { items, alone, resend }: BatchOptions,
): Promise<MadeBatch> {
  const { files, pack } = await seal(work, order, items)
  const asked = knownChunks(work, pack)
  // Met when it is awaited, unless sending fails before
  asked.catch(() => {})
  const send = pack && { pack, order }
  if (pack === undefined || alone || resend) return { files, send, known: asked }
  const known = await asked
  const isLeft = ({ chunk }: MadeFile): boolean => chunk !== undefined && !known.has(chunk.toHex())
  if (!files.some(isLeft)) return { files, send: undefined, known: asked }
  if (!isMuch(known, pack)) return { files, send, known: asked }
  const left = items.filter((_, at) => at < files.length && isLeft(files[at]!))
  const again = await seal(work, order, left)
  return {
    files: merged(files, { isLeft, again: again.files }),
    send: again.pack && { pack: again.pack, order },
    known: asked,
  }
}

interface Sealed {
  readonly files: readonly MadeFile[]
  readonly pack: SealedPack | undefined
}

async function seal(work: PutWork, order: PackOrder, items: readonly BatchItem[]): Promise<Sealed> {
  const { digests } = work.options
  const { files, pack } = await work.engine.batch({ ...order, items, digests })
  const chunkOf = (file: BatchFile): Uint8Array | undefined =>
    file.kind === 'read' && file.chunk !== undefined ? pack?.chunks[file.chunk]?.id : undefined
  return { files: files.map((file) => ({ file, chunk: chunkOf(file) })), pack }
}

async function knownChunks(
  work: PutWork,
  pack: SealedPack | undefined,
): Promise<ReadonlySet<string>> {
  const ids = pack?.chunks.map(({ id }) => id) ?? []
  if (ids.length === 0) return new Set()
  const known = await work.upload.known(ids)
  return new Set(ids.filter((_, at) => known[at] === 1).map((id) => id.toHex()))
}

/** Whether it is worth reading the other files once more, so that this much is not stored twice. */
function isMuch(known: ReadonlySet<string>, { chunks }: SealedPack): boolean {
  let all = 0
  let had = 0
  for (const { id, length } of chunks) {
    all += length
    if (known.has(id.toHex())) had += length
  }
  return had * limits.batchKnownPart >= all
}

/** In place of those that were left, what became of them; up to the first that did not fit any more. */
function merged(
  first: readonly MadeFile[],
  { isLeft, again }: { isLeft: (file: MadeFile) => boolean; again: readonly MadeFile[] },
): MadeFile[] {
  const files: MadeFile[] = []
  let next = 0
  for (const file of first) {
    const made = isLeft(file) ? again[next++] : file
    if (made === undefined) break
    files.push(made)
  }
  return files
}
