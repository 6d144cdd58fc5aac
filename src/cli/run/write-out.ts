import { utf8 } from '../../base/bytes.ts'
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import type { ByteRange } from '../../client/get/read-version.ts'
import type { IndexEntry } from '../../client/index/vault-index.ts'
import { pathOf } from '../location.ts'
import type { VaultLocation } from '../location.ts'
import type { Context } from '../main.ts'
import type { GetFile } from '../results.ts'
import { noteDownNodes } from './nodes-note.ts'

/** Nobody reads standard output any more, which is no failure: there is nothing left to do. */
class OutputClosed extends Error {}

export interface FileToWriteOut {
  readonly location: VaultLocation
  readonly entry: IndexEntry
  /** All of it when absent. */
  readonly range?: ByteRange
}

/**
 * The whole file, or a part of it, to standard output. A failure after some of it is what became of the file;
 * before, it is thrown.
 */
export async function writeOut(
  context: Context,
  client: Client,
  wanted: FileToWriteOut,
): Promise<GetFile> {
  const { location, entry } = wanted
  const { output } = context
  const range = wanted.range ?? { from: 0, to: entry.bytes }
  const { vault } = location
  client.prepare(range.to - range.from)
  const place = { vault, path: pathOf(location.names), to: utf8('-') }
  await noteDownNodes(context, client)
  let bytes = 0
  try {
    await client.read(vault, {
      entry,
      range,
      sink: async (piece) => {
        await output.data(piece.bytes)
        bytes += piece.bytes.length
        if (output.closed) throw new OutputClosed()
      },
    })
  } catch (error) {
    if (!(error instanceof OutputClosed)) {
      if (!(error instanceof HoldfastError) || bytes === 0) throw error
      return { ...place, bytes, state: 'failed', error: errorToJson(error) }
    }
  }
  // The checksum is that of the whole file.
  const sum = bytes === entry.bytes ? { sha256: entry.sha256.toHex() } : {}
  return { ...place, bytes, ...sum, state: 'written' }
}
