/** The account `local` with its vault `home`, which the first start of `holdfast up` makes and logs in. */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { utf8 } from '../../src/base/bytes.ts'
import { hasCode } from '../../src/base/errors.ts'
import { limits } from '../../src/base/limits.ts'
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { writeWhole } from '../../src/base/adapters/write-whole.ts'
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

/** Makes the account when there is none, and logs it in. Resolves to its name when all nodes are up. */
export async function prepareLocalAccount(
  context: Context,
  surroundings: Surroundings,
): Promise<string> {
  const world = commandWorld(surroundings)
  if (!(await isLoggedIn(world))) await logInLocal(context, { world, surroundings })
  await nodesUp(context, world)
  return localAccount
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

async function logInLocal(
  context: Context,
  { world, surroundings }: { readonly world: CommandWorld; readonly surroundings: Surroundings },
): Promise<void> {
  const { parts, address, coordinatorKey } = world
  const password = passwordOf(context, surroundings)
  const credentials = { address, coordinatorKey, name: localAccount, password }
  try {
    await signUp(parts, credentials)
  } catch (error) {
    if (!hasCode(error, 'NAME_TAKEN') && !hasCode(error, 'SIGNUP_CLOSED')) throw error
  }
  await logIn(parts, credentials)
}

/** That of the environment, or one that is drawn once and kept where only the owner reads. */
function passwordOf({ environment }: Context, { home }: Surroundings): Uint8Array {
  const variable = environment['HOLDFAST_PASSWORD']
  if (variable) return utf8(variable)
  if (!existsSync(home.localPassword)) {
    writeWhole(home.localPassword, `${systemRandom.bytes(passwordBytes).toHex()}\n`)
  }
  return utf8(readFileSync(home.localPassword, 'utf8').trim())
}

/** Waits until the coordinator has heard from every node. */
async function nodesUp(context: Context, { parts }: CommandWorld): Promise<void> {
  const client = Client.open(parts, { name: localAccount, signal: context.signal })
  const endMs = parts.clock.monotonicMs() + limits.gridStartMs
  try {
    const cluster = await client.cluster()
    while (cluster.nodes.some(({ state }) => state === 'down')) {
      if (parts.clock.monotonicMs() > endMs) {
        context.output.warn(`not all nodes came up: ${cluster.down.join(', ')}`)
        return
      }
      await wait(askAgainMs, undefined, { signal: context.signal })
      await cluster.refresh()
    }
  } finally {
    await client.close()
  }
}
