/** What passes between the coordinator's thread and the catalogue's. */
import { errorFromJson, errorToJson, HoldfastError, type ErrorJson } from '../../../base/errors.ts'
import type { Catalogue } from '../../catalogue.ts'

export type Method = keyof Catalogue

export interface CallMessage {
  readonly kind: 'call'
  readonly call: number
  readonly method: Method
  readonly args: readonly unknown[]
}

export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: FailureJson }
  | AnswerMessage

export type AnswerMessage =
  | { readonly kind: 'answer'; readonly call: number; readonly answer: unknown }
  | { readonly kind: 'error'; readonly call: number; readonly error: FailureJson }

/** An error of ours, or the name, text and stack of another. */
export type FailureJson =
  | { readonly kind: 'ours'; readonly json: ErrorJson }
  | {
      readonly kind: 'other'
      readonly name: string
      readonly message: string
      readonly stack: string | undefined
    }

export function failureToJson(error: unknown): FailureJson {
  if (error instanceof HoldfastError) return { kind: 'ours', json: errorToJson(error) }
  if (!(error instanceof Error)) {
    return { kind: 'other', name: 'Error', message: String(error), stack: undefined }
  }
  const { name, message, stack } = error
  return { kind: 'other', name, message, stack }
}

export function failureFromJson(failure: FailureJson): Error {
  if (failure.kind === 'ours') return errorFromJson(failure.json)
  const error = new Error(failure.message)
  error.name = failure.name
  if (failure.stack !== undefined) error.stack = failure.stack
  return error
}
