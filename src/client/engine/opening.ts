import { concatBytes } from '../../base/bytes.ts'
import { openChunk } from '../../core/chunk.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { CoreParts, CoreVault } from './engine-core.ts'
import { contentAt } from './engine.ts'
import type {
  OpenJob,
  OpenResult,
  SealedSpan,
  WriteBatchJob,
  WriteBatchResult,
  WriteFile,
  WriteJob,
  WriteOutcome,
} from './engine.ts'
import { failure } from './windows.ts'

/**
 * Opens the chunk in place: afterwards its content lies `contentAt` bytes into the span. False when tag or
 * id are wrong (then the span is zeros or authentic bytes that nobody may be given).
 */
function openInPlace(parts: CoreParts, vault: CoreVault, span: SealedSpan): boolean {
  const sealed = parts.memory.subarray(span.at, span.at + span.length)
  const { id, generation } = span
  try {
    const content = openChunk(parts.primitives, vault.keys, {
      id,
      generation,
      sealed,
      target: sealed,
    })
    return content.length === span.plainBytes
  } catch (error) {
    if (error instanceof HoldfastError && error.details['fault'] !== undefined) return false
    throw error
  }
}

/** The content of an opened span. */
function contentOf(parts: CoreParts, span: SealedSpan): Uint8Array {
  const at = span.at + contentAt
  return parts.memory.subarray(at, at + span.plainBytes)
}

export function openChunks(parts: CoreParts, vault: CoreVault, job: OpenJob): OpenResult {
  return { opened: job.chunks.map((span) => openInPlace(parts, vault, span)) }
}

export function writeSpans(parts: CoreParts, job: WriteJob): void {
  for (const { at, length, position } of job.spans) {
    parts.files.write(job.handle, parts.memory.subarray(at, at + length), position)
  }
}

export function writeBatch(
  parts: CoreParts,
  vault: CoreVault,
  job: WriteBatchJob,
): WriteBatchResult {
  const open = new OpenSpans(parts, vault)
  return { files: job.files.map((file) => writeFile(parts, open, file)) }
}

/** Which spans were opened, or failed to be: in place, so each only once. */
class OpenSpans {
  readonly #parts: CoreParts
  readonly #vault: CoreVault
  readonly #opened = new Map<number, boolean>()

  constructor(parts: CoreParts, vault: CoreVault) {
    this.#parts = parts
    this.#vault = vault
  }

  open(span: WriteFile['chunks'][number]): boolean {
    if (span.isOpen === true) return true
    const before = this.#opened.get(span.at)
    if (before !== undefined) return before
    const opened = openInPlace(this.#parts, this.#vault, span)
    this.#opened.set(span.at, opened)
    return opened
  }
}

function writeFile(parts: CoreParts, open: OpenSpans, file: WriteFile): WriteOutcome {
  const wrong = file.chunks.findIndex((span) => !open.open(span))
  if (wrong >= 0) return { kind: 'sealed-wrong', chunk: wrong }
  try {
    writeWhole(parts, file)
    return { kind: 'written' }
  } catch (error) {
    return failure(error)
  }
}

/** Beside its final name, then renamed: nobody sees half of it. */
function writeWhole(parts: CoreParts, file: WriteFile): void {
  const { files } = parts
  try {
    if (file.kind === 'link') makeLink(parts, file)
    else writeContent(parts, file)
    files.rename(file.temporary, file.path)
  } catch (error) {
    files.remove(file.temporary)
    throw error
  }
}

function makeLink(parts: CoreParts, { temporary, chunks, modified }: WriteFile): void {
  const target = concatBytes(chunks.map((span) => contentOf(parts, span)))
  parts.files.makeLink(temporary, target)
  parts.files.setLinkTime(temporary, modified)
}

function writeContent(parts: CoreParts, file: WriteFile): void {
  const { files } = parts
  const handle = files.create(file.temporary)
  try {
    let position = 0
    for (const span of file.chunks) {
      files.write(handle, contentOf(parts, span), position)
      position += span.plainBytes
    }
    files.setStat(handle, file)
    if (file.sync) files.sync(handle)
  } finally {
    files.close(handle)
  }
}
