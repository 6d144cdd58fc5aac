/** Processes of the supervisor: this same program in another role, which ends when this process does. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, statSync, truncateSync } from 'node:fs'
import type { ErrorJson } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Child } from '../supervisor/process.ts'

/** What a supervised process tells its supervisor, over the channel that also says that it is gone. */
export type ChildMessage =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'failed'; readonly error: ErrorJson }

export interface ChildCommand {
  /** Arguments of Node: the program first. */
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Gets what the process says besides its log: only the last words of one that crashes. */
  readonly crashLog: string
}

export function startChild(command: ChildCommand): Child {
  const crashLog = openCrashLog(command.crashLog)
  const child = spawn(process.execPath, [...process.execArgv, ...command.arguments], {
    stdio: ['ignore', crashLog, crashLog, 'ipc'],
    env: command.environment,
  })
  closeSync(crashLog)
  return {
    pid: child.pid ?? 0,
    watch(watcher) {
      child.on('message', (message) => {
        const said = message as ChildMessage
        if (said.kind === 'ready') watcher.ready(said.address)
        else watcher.failed(said.error)
      })
      child.once('error', () => {
        if (child.pid === undefined) watcher.ended({ code: 1 })
      })
      child.once('exit', (code, signal) =>
        watcher.ended({ ...(code !== null && { code }), ...(signal !== null && { signal }) }),
      )
    },
    end: () => child.kill('SIGTERM'),
    kill: () => child.kill('SIGKILL'),
  }
}

function openCrashLog(path: string): number {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (bytes > limits.crashLogBytesMax) truncateSync(path)
  return openSync(path, 'a', 0o600)
}
