/** What `put`, `get` and `rm` show. */
import type { ErrorJson } from '../../base/errors.ts'
import { utf8ToText } from '../../base/bytes.ts'
import { exitCodeOfResults } from '../exit-code.ts'
import { getFileJson, placeFields, present, putFileJson } from '../json.ts'
import type { Outcome } from '../output.ts'
import { quoteName } from '../quote.ts'
import type { GetResult, PutResult, RemoveResult, VaultPlace } from '../results.ts'
import { bytesText, countText } from '../text/amount.ts'

/** `home:/notes.txt`, quoted where needed. */
export function placeText({ vault, path }: VaultPlace): string {
  return `${vault}:${quoteName(path)}`
}

export function showPut(
  result: PutResult,
  options: { readonly interrupted?: boolean } = {},
): Outcome {
  const { files, shards, seconds } = result
  const failures = files.filter(({ state }) => state === 'failed' || state === 'changed')
  const ok = failures.length === 0 && options.interrupted !== true
  const stored = files.filter(({ state }) => state === 'stored' || state === 'queued')
  const unchanged = files.filter(({ state }) => state === 'unchanged').length
  const skipped = files.filter(({ state }) => state === 'skipped')
  const bytes = stored.reduce((sum, file) => sum + file.bytes, 0)
  const newBytes = stored.reduce((sum, file) => sum + file.newBytes, 0)
  const parts = [
    `stored ${countText(stored.length, 'file')}, ${bytesText(bytes)}`,
    newBytes < bytes ? `${bytesText(newBytes)} of it new` : '',
    unchanged > 0 ? `${unchanged.toLocaleString('en-US')} unchanged` : '',
    failures.length > 0 ? `${failures.length.toLocaleString('en-US')} failed` : '',
    rateText(bytes, seconds),
  ]
  return {
    document: { ok, files: files.map(putFileJson), shards, seconds: rounded(seconds) },
    lines: [parts.filter(Boolean).join('; ')],
    notes: [
      ...[...failures, ...skipped].map((file) => troubleText(placeText(file), file)),
      ...(shards.written < shards.wanted
        ? [
            `${shards.wanted - shards.written} of ${shards.wanted} shards are still to be written: see holdfast status`,
          ]
        : []),
    ],
    exit: options.interrupted === true ? 130 : exitCodeOfResults(failures),
  }
}

export function showGet(
  result: GetResult,
  options: { readonly interrupted?: boolean } = {},
): Outcome {
  const { files, seconds } = result
  const failures = files.filter(({ state }) => state === 'failed')
  const written = files.filter(({ state }) => state === 'written')
  const ok = failures.length === 0 && options.interrupted !== true
  const bytes = written.reduce((sum, file) => sum + file.bytes, 0)
  const parts = [
    `fetched ${countText(written.length, 'file')}, ${bytesText(bytes)}`,
    failures.length > 0 ? `${failures.length.toLocaleString('en-US')} failed` : '',
    rateText(bytes, seconds),
  ]
  return {
    document: { ok, files: files.map(getFileJson), seconds: rounded(seconds) },
    lines: [parts.filter(Boolean).join('; ')],
    notes: files
      .filter(({ state }) => state !== 'written')
      .map((file) => troubleText(placeText(file), file)),
    exit: options.interrupted === true ? 130 : exitCodeOfResults(failures),
  }
}

export function showRemove(result: RemoveResult): Outcome {
  const { files } = result
  const failures = files.filter(({ error }) => error !== undefined)
  const removed = files.length - failures.length
  return {
    document: {
      ok: failures.length === 0,
      files: files.map((file) => ({
        ...placeFields(file),
        ...present({ version: file.version, error: file.error }),
      })),
    },
    lines: [
      `removed ${removed === 1 ? placeText(files.find(({ error }) => error === undefined)!) : countText(removed, 'place')}`,
    ],
    notes: failures.map((file) => troubleText(placeText(file), { ...file, state: 'failed' })),
    exit: exitCodeOfResults(failures),
  }
}

function troubleText(
  place: string,
  trouble: { readonly state: string; readonly error?: ErrorJson },
): string {
  return trouble.error === undefined
    ? `${trouble.state}: ${place}`
    : `${trouble.state}: ${place}: ${trouble.error.message}`
}

function rateText(bytes: number, seconds: number): string {
  if (seconds <= 0) return ''
  const rate = seconds >= 0.1 ? `, ${bytesText(bytes / seconds)}/s` : ''
  return `${seconds.toFixed(seconds < 10 ? 2 : 0)} s${rate}`
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}

/** A local path as text, for messages. */
export function localText(path: Uint8Array): string {
  return utf8ToText(path) === '-' ? 'standard output' : quoteName(path)
}
