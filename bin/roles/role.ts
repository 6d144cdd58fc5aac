/** What the programs that serve have in common: their folder, log, readiness and end. */
import { resolve } from 'node:path'
import { openLogFile } from '../../src/base/adapters/log-file.ts'
import { systemClock } from '../../src/base/adapters/system-clock.ts'
import { toHex } from '../../src/base/bytes.ts'
import { errorToJson, hasCode } from '../../src/base/errors.ts'
import type { Logger } from '../../src/base/logger.ts'
import { makeFolder } from '../../src/cli/adapters/home-folder.ts'
import { superior } from '../../src/cli/adapters/supervised.ts'
import { exitCodeOf } from '../../src/cli/exit-code.ts'
import { hasOption, type Context, type Run } from '../../src/cli/main.ts'
import type { Outcome } from '../../src/cli/output.ts'
import type { Settings } from '../../src/config/schema.ts'
import { openSurroundings, type Surroundings } from '../settings.ts'

/** For the last words to get out. */
const lingerMs = 30

/** A program that serves at `address` until it is closed. */
export interface Service {
  readonly address: string
  /** Rejects when it cannot serve any more. */
  readonly failed?: Promise<never>
  close(): Promise<void>
}

export interface Role {
  readonly name: string
  /** The public key that others pin; made when there is none. */
  readonly identityKey: (surroundings: Surroundings) => Uint8Array
  readonly start: (surroundings: Surroundings, program: string) => Promise<Service>
}

/** The program of a role: serves, or with `--identity` says its public key, alone on its line. */
export function roleCommand({ name: role, identityKey, start }: Role): Run {
  return (context) => {
    const surroundings = openSurroundings(context)
    if (!hasOption(context.invocation, 'identity')) {
      return serve(context, { role, start: () => start(surroundings, context.version) })
    }
    const identity = toHex(identityKey(surroundings))
    return Promise.resolve({ document: { role, identity }, lines: [identity], exit: 0 })
  }
}

/** Makes the role's folder, and opens its log. */
export function openFolder(
  folder: string,
  grid: Settings['grid'],
): { readonly path: string; readonly logger: Logger } {
  process.umask(0o077)
  const path = resolve(folder)
  makeFolder(path)
  const logger = openLogFile({
    path: `${path}/log`,
    level: grid.logLevel,
    bytesMax: grid.logBytes,
    clock: systemClock,
  })
  return { path, logger }
}

/** Serves until Ctrl-C, SIGTERM, or the end of the supervisor. */
async function serve(
  context: Context,
  { role, start }: { readonly role: string; readonly start: () => Promise<Service> },
): Promise<Outcome> {
  const supervisor = superior()
  try {
    const service = await start()
    const stop = aborted(context.signal)
    service.failed?.catch(endProcess)
    const { address } = service
    supervisor?.ready(address)
    await context.output.event({ ready: true, role, address }, `${role} serves at ${address}`)
    await (service.failed === undefined ? stop : Promise.race([stop, service.failed]))
    await service.close()
  } catch (error) {
    await supervisor?.failed(errorToJson(error))
    endProcess(error)
    throw error
  }
  return stopped(context)
}

/**
 * Who cannot serve makes room at once for another start, whatever is still open. Nothing acknowledged needs a
 * polite end.
 */
function endProcess(error: unknown): void {
  setTimeout(() => process.exit(Math.max(1, exitCodeOf(error))), lingerMs)
}

/** The last word of a program that served: 130 after Ctrl-C, 0 after SIGTERM. */
export async function stopped(context: Context): Promise<Outcome> {
  await context.output.event({ event: 'stopped', done: true }, 'stopped')
  const reason: unknown = context.signal.reason
  const interrupted = hasCode(reason, 'INTERRUPTED') && reason.details['signal'] === 'SIGINT'
  const exit = interrupted ? 130 : 0
  // Kept-alive connections and idle threads hold nothing that is worth waiting for.
  setTimeout(() => process.exit(exit), lingerMs).unref()
  return { lines: [], exit }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}
