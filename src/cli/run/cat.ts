import { HoldfastError } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import { FileList } from '../file-list.ts'
import { getFileJson } from '../json.ts'
import { parseVaultLocation } from '../location.ts'
import { optionText } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import { showGet } from '../show/transfer.ts'
import { fileAt } from './find.ts'
import { writeOut } from './write-out.ts'

/** `cat LOCATION [--range A-B]` */
export async function cat(context: Context, client: Client): Promise<Outcome> {
  const { invocation, clock } = context
  const startMs = clock.monotonicMs()
  const location = parseVaultLocation(invocation.operands[0]!)
  const rangeText = optionText(invocation, 'range')
  // A range that is none is refused before anything is asked for.
  if (rangeText !== undefined) parseRange(rangeText, 0)
  const entry = await fileAt(client, location)
  const range = rangeText === undefined ? undefined : parseRange(rangeText, entry.bytes)
  const file = await writeOut(context, client, { location, entry, ...(range && { range }) })
  const files = new FileList(getFileJson)
  files.add(file)
  const shown = showGet({ files, seconds: (clock.monotonicMs() - startMs) / 1000 })
  const isBeyond = range !== undefined && range.from === range.to && file.error === undefined
  return {
    document: shown.document,
    files,
    lines: [],
    errors: shown.errors ?? [],
    notes: isBeyond ? [`the range holds nothing of the ${entry.bytes} bytes of the file`] : [],
    exit: shown.exit,
  }
}

/** `A-B` with both ends, `A-` to the end, `-N` the last N bytes; beyond the end there is nothing. BAD_USAGE. */
export function parseRange(text: string, bytes: number): { from: number; to: number } {
  const parts = /^(\d{0,16})-(\d{0,16})$/.exec(text)
  const [, first = '', last = ''] = parts ?? []
  if (parts === null || (first === '' && last === '')) throw badRange(text)
  if (first === '') return { from: Math.max(0, bytes - Number(last)), to: bytes }
  const from = Number(first)
  const to = last === '' ? bytes : Number(last) + 1
  if (last !== '' && to <= from) throw badRange(text)
  return { from: Math.min(from, bytes), to: Math.min(to, bytes) }
}

function badRange(text: string): HoldfastError {
  return new HoldfastError('BAD_USAGE', `--range is ${JSON.stringify(text)}: no range of bytes`, {
    hint: 'Write A-B with both ends included, A- for the rest, or -N for the last N bytes',
  })
}
