/** What `put`, `get` and `rm` show. */
import { errorToJson } from '../../base/errors.ts'
import type { ErrorJson, HoldfastError } from '../../base/errors.ts'
import { exitCodeOf, exitCodeOfResults, worstExitCode } from '../exit-code.ts'
import { getFileJson, placeFields, present, putFileJson } from '../json.ts'
import type { Outcome } from '../output.ts'
import { quoteName } from '../quote.ts'
import type { GetResult, PutResult, RemoveResult, VaultPlace } from '../results.ts'
import { bytesText, countText } from '../text/amount.ts'
import { failureErrors } from './failures.ts'

/** `home:/notes.txt`, quoted where needed. */
export function placeText({ vault, path }: VaultPlace): string {
  return `${vault}:${quoteName(path)}`
}

/** Why a transfer ended before its end. */
export interface EndedBy {
  readonly error?: HoldfastError | undefined
}

export function showPut(result: PutResult, { error }: EndedBy = {}): Outcome {
  const { files, shards, seconds } = result
  const failures = files.filter(({ state }) => state === 'failed' || state === 'changed')
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
  const lacking = shards.wanted - shards.written
  const ended = endOf(failures, error)
  return {
    document: { ok: ended.ok, files: files.map(putFileJson), shards, seconds: rounded(seconds) },
    lines: [parts.filter(Boolean).join('; ')],
    notes: [
      ...skipped.map(skippedText),
      ...(lacking > 0
        ? [`${lacking} of ${shards.wanted} shards are still to be written: see holdfast status`]
        : []),
    ],
    errors: ended.errors,
    exit: ended.exit,
  }
}

export function showGet(result: GetResult, { error }: EndedBy = {}): Outcome {
  const { files, seconds } = result
  const failures = files.filter(({ state }) => state === 'failed')
  const written = files.filter(({ state }) => state === 'written')
  const bytes = written.reduce((sum, file) => sum + file.bytes, 0)
  const parts = [
    `fetched ${countText(written.length, 'file')}, ${bytesText(bytes)}`,
    failures.length > 0 ? `${failures.length.toLocaleString('en-US')} failed` : '',
    rateText(bytes, seconds),
  ]
  const ended = endOf(failures, error)
  return {
    document: { ok: ended.ok, files: files.map(getFileJson), seconds: rounded(seconds) },
    lines: [parts.filter(Boolean).join('; ')],
    notes: files.filter(({ state }) => state === 'skipped').map(skippedText),
    errors: ended.errors,
    exit: ended.exit,
  }
}

export function showRemove(result: RemoveResult, { error }: EndedBy = {}): Outcome {
  const { files } = result
  const failures = files.filter((file) => file.error !== undefined)
  const removed = files.length - failures.length
  const ended = endOf(failures, error)
  const only = removed === 1 ? files.find((file) => file.error === undefined) : undefined
  return {
    document: {
      ok: ended.ok,
      files: files.map((file) => ({
        ...placeFields(file),
        ...present({ version: file.version, error: file.error }),
      })),
    },
    lines: [`removed ${only ? placeText(only) : countText(removed, 'place')}`],
    errors: ended.errors,
    exit: ended.exit,
  }
}

type Failed = VaultPlace & { readonly error?: ErrorJson }

/** What failed and what ended it all; a failure that is what ended it is not said twice. */
function endOf(
  failures: readonly Failed[],
  error: HoldfastError | undefined,
): { readonly ok: boolean; readonly errors: readonly ErrorJson[]; readonly exit: number } {
  // What was under way when the others failed is their consequence, and nobody interrupted it.
  const causes = failures.filter((file) => file.error?.code !== 'INTERRUPTED')
  const told = causes.length > 0 || error !== undefined ? causes : failures
  const said = causes.flatMap((file) =>
    file.error === undefined ? [] : [{ place: placeText(file), error: file.error }],
  )
  const isSaid = said.some((one) => one.error.message === error?.message)
  const ending = error === undefined || isSaid ? [] : [errorToJson(error)]
  return {
    ok: failures.length === 0 && error === undefined,
    errors: [...failureErrors(said), ...ending],
    exit: worstExitCode([exitCodeOfResults(told), ...(error ? [exitCodeOf(error)] : [])]),
  }
}

function skippedText(file: Failed): string {
  const why = file.error === undefined ? '' : `: ${file.error.message}`
  return `skipped: ${placeText(file)}${why}`
}

function rateText(bytes: number, seconds: number): string {
  if (seconds <= 0) return ''
  const rate = seconds >= 0.1 ? `, ${bytesText(bytes / seconds)}/s` : ''
  return `${seconds.toFixed(seconds < 10 ? 2 : 0)} s${rate}`
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
