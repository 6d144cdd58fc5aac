/** What `put`, `get` and `rm` show. */
import { errorToJson } from '../../base/errors.ts'
import type { ErrorJson, HoldfastError } from '../../base/errors.ts'
import { exitCodeOf, exitCodeOfResults, worstExitCode } from '../exit-code.ts'
import type { Trouble } from '../file-list.ts'
import { placeFields, present } from '../json.ts'
import type { Outcome } from '../output.ts'
import { quoteName } from '../quote.ts'
import type { GetResult, PutResult, RemoveResult, VaultPlace } from '../results.ts'
import { bytesText, countText, groupedText } from '../text/amount.ts'
import { failureErrors, othersText } from './failures.ts'

/** `home:/notes.txt`, quoted where needed. */
export function placeText({ vault, path }: VaultPlace): string {
  return `${vault}:${quoteName(path)}`
}

/** Why a transfer ended before its end. */
export interface EndedBy {
  readonly error?: HoldfastError | undefined
}

const keptNote = 'what was sent already is kept: the same put, run again, sends only the rest'

export function showPut(result: PutResult, { error }: EndedBy = {}): Outcome {
  const { files, shards, seconds } = result
  const failures = files.troubles.filter(({ first }) => first.state !== 'skipped')
  const { files: stored, bytes, newBytes } = files.sums('stored')
  const parts = [
    doneText('stored', stored, bytes),
    newBytes < bytes ? `${bytesText(newBytes)} of it new` : '',
    countedText(files.sums('unchanged').files, 'unchanged'),
    ...troubleTexts(files.troubles),
    rateText(bytes, seconds),
  ]
  const lacking = shards.wanted - shards.written
  const { ok, ...ended } = endOf(failures, error)
  return {
    document: { ok, shards, seconds: rounded(seconds) },
    files,
    lines: [],
    summary: parts.filter(Boolean).join('; '),
    notes: [
      ...skippedTexts(files.troubles),
      ...(lacking > 0
        ? [`${lacking} of ${shards.wanted} shards are still to be written: see holdfast status`]
        : []),
      ...(error?.code === 'INTERRUPTED' ? [keptNote] : []),
    ],
    ...ended,
  }
}

export function showGet(result: GetResult, { error }: EndedBy = {}): Outcome {
  const { files, seconds } = result
  const failures = files.troubles.filter(({ first }) => first.state !== 'skipped')
  const { files: written, bytes } = files.sums('written')
  const parts = [
    doneText('fetched', written, bytes),
    ...troubleTexts(files.troubles),
    rateText(bytes, seconds),
  ]
  const { ok, ...ended } = endOf(failures, error)
  return {
    document: { ok, seconds: rounded(seconds) },
    files,
    lines: [],
    summary: parts.filter(Boolean).join('; '),
    notes: skippedTexts(files.troubles),
    ...ended,
  }
}

export function showRemove(result: RemoveResult, { error }: EndedBy = {}): Outcome {
  const { files } = result
  const failures = files.flatMap((first) =>
    first.error === undefined ? [] : [{ first, error: first.error, files: 1 }],
  )
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
    lines: [],
    summary: `removed ${only ? placeText(only) : countText(removed, 'place')}`,
    errors: ended.errors,
    exit: ended.exit,
  }
}

/** What failed and what ended it all; a failure that is what ended it is not said twice. */
function endOf(
  failures: readonly Trouble<VaultPlace>[],
  error: HoldfastError | undefined,
): { readonly ok: boolean; readonly errors: readonly ErrorJson[]; readonly exit: number } {
  // What was under way when the others failed is their consequence, and nobody interrupted it.
  const causes = failures.filter(({ error: { code } }) => code !== 'INTERRUPTED')
  const told = causes.length > 0 || error !== undefined ? causes : failures
  const said = causes.map(({ first, error: why, files: places }) => ({
    place: placeText(first),
    error: why,
    places,
  }))
  const isSaid = said.some((one) => one.error.message === error?.message)
  const ending = error === undefined || isSaid ? [] : [errorToJson(error)]
  return {
    ok: failures.length === 0 && error === undefined,
    errors: [...failureErrors(said), ...ending],
    exit: worstExitCode([exitCodeOfResults(told), ...(error ? [exitCodeOf(error)] : [])]),
  }
}

type OfState = VaultPlace & { readonly state: string }

function skippedTexts(troubles: readonly Trouble<OfState>[]): string[] {
  return troubles
    .filter(({ first }) => first.state === 'skipped')
    .map(({ first, error, files }) => {
      return `skipped: ${placeText(first)}${othersText(files)}: ${error.message}`
    })
}

function doneText(done: string, files: number, bytes: number): string {
  const amount = files === 0 ? '' : `, ${bytesText(bytes)}`
  return `${done} ${countText(files, 'file')}${amount}`
}

/** How many of each: what changed, was interrupted or is no file has not failed. */
function troubleTexts(troubles: readonly Trouble<OfState>[]): string[] {
  const kinds = Map.groupBy(troubles, ({ first: { state }, error }) => {
    return state === 'failed' && error.code === 'INTERRUPTED' ? 'interrupted' : state
  })
  return [...kinds].map(([kind, group]) => {
    const count = group.reduce((sum, { files }) => sum + files, 0)
    return countedText(count, kind)
  })
}

function countedText(count: number, what: string): string {
  return count === 0 ? '' : `${groupedText(count)} ${what}`
}

function rateText(bytes: number, seconds: number): string {
  if (seconds <= 0 || bytes === 0) return ''
  const rate = seconds >= 0.1 ? `, ${bytesText(bytes / seconds)}/s` : ''
  return `${seconds.toFixed(seconds < 10 ? 2 : 0)} s${rate}`
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
