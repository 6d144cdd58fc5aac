import { utf8 } from '../../base/bytes.ts'
import type { IndexEntry } from '../../client/index/vault-index.ts'

/** A hex id of one repeated number. */
export function sampleId(number: number): string {
  return number.toString(16).padStart(32, '0')
}

export function sampleEntry(
  number: number,
  changes: Partial<IndexEntry> & { readonly text?: string } = {},
): IndexEntry {
  const { text = `name ${number}`, ...others } = changes
  return {
    entry: sampleId(number),
    parent: sampleId(0),
    kind: 'file',
    implicit: false,
    tombstone: false,
    name: utf8(text),
    tag: new Uint8Array(32).fill(number),
    version: sampleId(number + 1_000_000),
    previous: undefined,
    generation: 1,
    mode: 0o644,
    bytes: number,
    modified: { seconds: -5, nanoseconds: number },
    sha256: new Uint8Array(32).fill(1),
    md5: undefined,
    chunkCount: 1,
    listRoot: new Uint8Array(32).fill(2),
    n: number + 1,
    ...others,
  }
}
