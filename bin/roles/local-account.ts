/** The account `local` with its vault `home`, which the first start of `holdfast up` makes and logs in. */
import { renameSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { utf8 } from '../../src/base/bytes.ts'
import { HoldfastError, hasCode } from '../../src/base/errors.ts'
import { limits } from '../../src/base/limits.ts'
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { writeWhole } from '../../src/base/adapters/write-whole.ts'
import { readText } from '../../src/cli/adapters/home-folder.ts'
import type { Context } from '../../src/cli/main.ts'
import type { CommandWorld } from '../../src/cli/run/command-world.ts'
import { logIn, signUp, whoAmI } from '../../src/client/accounts.ts'
import { Client } from '../../src/client/client.ts'
import type { Session } from '../../src/client/session.ts'
import { openSession } from '../../src/client/session.ts'
import { commandWorld } from '../client-world.ts'
import type { Surroundings } from '../settings.ts'

const localAccount = 'local'
const passwordBytes = 24
const askAgainMs = 50

/**
 * Makes the account when there is none, and logs it in. Gives its name when the nodes that were started are up;
 * undefined, with a warning that says why, when nobody could be logged in: the grid serves all others.
 */
export async function prepareLocalAccount(
  context: Context,
  { surroundings, nodes }: { surroundings: Surroundings; nodes: readonly string[] },
): Promise<string | undefined> {
  const world = commandWorld(surroundings)
  try {
    if (!(await isLoggedIn(world))) await enter(context, { world, surroundings })
    await nodesUp(context, { world, nodes })
    return localAccount
  } catch (error) {
    if (context.signal.aborted || !(error instanceof HoldfastError)) throw error
    const why = `${error.message}. ${error.hint}`
    context.output.warn(`nobody is logged in as ${localAccount}: ${why}`)
    return undefined
  }
}

async function isLoggedIn({ parts, address }: CommandWorld): Promise<boolean> {
  let session: Session | undefined
  try {
    session = openSession(parts, localAccount)
    if (session.stored.address !== address) return false
    await whoAmI(session)
    return true
  } catch (error) {
    if (hasCode(error, 'NOT_LOGGED_IN')) return false
    throw error
  } finally {
    session?.close()
  }
}

interface Entering {
  readonly world: CommandWorld
  readonly surroundings: Surroundings
}

/**
 * With the password that is kept, else with that of the environment, else with one that is drawn: that one is
 * kept under its name only when the account was made with it.
 */
async function enter({ environment }: Context, { world, surroundings }: Entering): Promise<void> {
  const { localPassword: path } = surroundings.home
  const variable = environment['HOLDFAST_PASSWORD']
  const kept = readText(path) ?? (variable || undefined)
  await (kept === undefined ? enterDrawn(world, path) : enterWith(world, kept.trim()))
}

async function enterDrawn(world: CommandWorld, path: string): Promise<void> {
  const drawnPath = `${path}.drawn`
  const left = readText(drawnPath)?.trim()
  const drawn = left ?? systemRandom.bytes(passwordBytes).toHex()
  if (left === undefined) writeWhole(drawnPath, `${drawn}\n`)
  try {
    await enterWith(world, drawn, { isNew: left === undefined })
  } catch (error) {
    const isTaken = hasCode(error, 'NAME_TAKEN') || hasCode(error, 'LOGIN_REFUSED')
    if (!isTaken && !hasCode(error, 'SIGNUP_CLOSED')) throw error
    rmSync(drawnPath)
    throw isTaken ? passwordGone(path, error) : error
  }
  renameSync(drawnPath, path)
}

/** `isNew`: nobody can have this password. NAME_TAKEN then, LOGIN_REFUSED, SIGNUP_CLOSED. */
async function enterWith(
  world: CommandWorld,
  text: string,
  { isNew = false }: { readonly isNew?: boolean } = {},
): Promise<void> {
  const { parts, address, coordinatorKey } = world
  const credentials = { address, coordinatorKey, name: localAccount, password: utf8(text) }
  try {
    await signUp(parts, credentials)
  } catch (error) {
    if (isNew) throw error
    if (hasCode(error, 'SIGNUP_CLOSED')) return logInListed(world, { credentials, error })
    if (!hasCode(error, 'NAME_TAKEN')) throw error
  }
  await logIn(parts, credentials)
}

/** The account may be older than the list of who may sign up. */
async function logInListed(
  { parts }: CommandWorld,
  tried: { readonly credentials: Parameters<typeof logIn>[1]; readonly error: HoldfastError },
): Promise<void> {
  try {
    await logIn(parts, tried.credentials)
  } catch (error) {
    throw hasCode(error, 'LOGIN_REFUSED') ? tried.error : error
  }
}

function passwordGone(path: string, cause: HoldfastError): HoldfastError {
  const message = `The account ${localAccount} exists, and its password is not in ${path} any more`
  return new HoldfastError('LOGIN_REFUSED', message, {
    cause,
    hint: 'Put the file back from a copy, or log in with another account',
  })
}

/**
 * Waits until the coordinator, as it runs now, has heard from every one of these nodes: right after a start it
 * counts those as up that were a moment before. Only then are they told by their process, and take the first
 * shards of a new store.
 */
async function nodesUp(
  { signal, output }: Context,
  { world: { parts }, nodes }: { world: CommandWorld; nodes: readonly string[] },
): Promise<void> {
  const client = Client.open(parts, { name: localAccount, signal })
  const endMs = parts.clock.monotonicMs() + limits.gridStartMs
  try {
    const cluster = await client.cluster()
    const late = (): readonly string[] =>
      cluster.nodes.filter(({ pid }) => pid === undefined).map(({ name }) => name)
    while (late().some((name) => nodes.includes(name))) {
      if (parts.clock.monotonicMs() > endMs) {
        output.warn(`not all nodes came up: ${late().join(', ')}`)
        return
      }
      await wait(askAgainMs, undefined, { signal })
      await cluster.refresh()
    }
  } finally {
    await client.close()
  }
}
