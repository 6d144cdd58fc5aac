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
  const opened = job.chunks.map((span) => openInPlace(parts, vault, span))
  const { write } = job
  if (write && opened.every(Boolean)) {
    for (const [at, span] of job.chunks.entries()) {
      parts.files.write(write.handle, contentOf(parts, span), write.positions[at]!)
    }
  }
  return { opened }
}

export function writeBatch(
  parts: CoreParts,
  vault: CoreVault,
  job: WriteBatchJob,
): WriteBatchResult {
  return { files: job.files.map((file) => writeFile(parts, vault, file)) }
}

function writeFile(parts: CoreParts, vault: CoreVault, file: WriteFile): WriteOutcome {
  const wrong = file.chunks.findIndex((span) => !openInPlace(parts, vault, span))
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
  const handle = files.create(file.temporary)
  try {
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
    files.rename(file.temporary, file.path)
  } catch (error) {
    files.remove(file.temporary)
    throw error
  }
}
