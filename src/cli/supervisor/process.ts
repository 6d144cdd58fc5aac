/** A process as its supervisor sees it. */
import type { ErrorJson } from '../../base/errors.ts'

export interface Child {
  readonly pid: number
  /** Each is called once, `ended` last. Set once, in the turn of the start. */
  watch(watcher: ChildWatcher): void
  /** Asks it to end politely. */
  end(): void
  /** Ends it at once. */
  kill(): void
}

export interface ChildWatcher {
  /** It serves, at `host:port`. */
  readonly ready: (address: string) => void
  /** It cannot serve, and says why before it ends. */
  readonly failed: (error: ErrorJson) => void
  readonly ended: (end: ChildEnd) => void
}

export interface ChildEnd {
  readonly code?: number
  readonly signal?: string
}

/** Starts the process of this name. Throws what the system says when it cannot. */
export type StartChild = (name: string) => Child

export type SupervisorEvent =
  | ({
      readonly event: 'died'
      readonly name: string
      /** Absent when there was none: it could not even be started. */
      readonly pid?: number
      /** What it said before. */
      readonly error?: ErrorJson
      /** When it will be started again; absent when it will not. */
      readonly restartMs?: number
    } & ChildEnd)
  | { readonly event: 'restarted'; readonly name: string; readonly pid: number }
