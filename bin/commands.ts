/** Which code each command has: loaded only when it is asked for. */
import type { CommandSpec } from '../src/cli/command.ts'
import { commands as allCommands } from '../src/cli/commands.ts'
import type { Run } from '../src/cli/main.ts'
import type { ClientRun } from '../src/cli/run/command-world.ts'
import { assert } from '../src/base/assert.ts'
import { hasCode } from '../src/base/errors.ts'

const loaders: Readonly<Record<string, () => Promise<Run>>> = {
  up: async () => (await import('./roles/up.ts')).up,
  node: async () => (await import('./roles/node.ts')).node,
  coordinator: async () => (await import('./roles/coordinator.ts')).coordinator,
  ...clientLoaders({
    logout: async () => (await import('../src/cli/run/accounts.ts')).logout,
    whoami: async () => (await import('../src/cli/run/accounts.ts')).whoami,
    'vault create': async () => (await import('../src/cli/run/vaults.ts')).vaultCreate,
    'vault list': async () => (await import('../src/cli/run/vaults.ts')).vaultList,
    'vault show': async () => (await import('../src/cli/run/vaults.ts')).vaultShow,
    put: async () => (await import('../src/cli/run/put.ts')).put,
    get: async () => (await import('../src/cli/run/get.ts')).get,
    cat: async () => (await import('../src/cli/run/cat.ts')).cat,
    ls: async () => (await import('../src/cli/run/ls.ts')).ls,
    stat: async () => (await import('../src/cli/run/stat.ts')).stat,
    rm: async () => (await import('../src/cli/run/rm.ts')).rm,
  }),
  status: statusLoader,
  signup: () => accountLoader('signup'),
  login: () => accountLoader('login'),
  'config show': async () => (await import('./config.ts')).configShow,
  'config check': async () => (await import('./config.ts')).configCheck,
  version: async () => (await import('./about.ts')).version,
  help: async () => (await import('./about.ts')).helpAmong(commands),
}

function loaderOf(load: () => Promise<ClientRun>): () => Promise<Run> {
  return async () => {
    const [{ clientCommand }, run] = await Promise.all([import('./client-world.ts'), load()])
    return clientCommand(run)
  }
}

/** Commands for the account that is logged in. */
function clientLoaders(
  runs: Readonly<Record<string, () => Promise<ClientRun>>>,
): Record<string, () => Promise<Run>> {
  return Object.fromEntries(Object.entries(runs).map(([name, load]) => [name, loaderOf(load)]))
}

/** Whether the coordinator answers can be told without an account, too. */
async function statusLoader(): Promise<Run> {
  const [{ clientCommand, worldCommand }, { status, statusOfGrid }] = await Promise.all([
    import('./client-world.ts'),
    import('../src/cli/run/status.ts'),
  ])
  return async (context) => {
    try {
      return await clientCommand(status)(context)
    } catch (error) {
      const isNamed = context.invocation.global.as !== undefined
      if (isNamed || !hasCode(error, 'NOT_LOGGED_IN')) throw error
      return await worldCommand((_, world) => statusOfGrid(context, world, error))(context)
    }
  }
}

async function accountLoader(name: 'signup' | 'login'): Promise<Run> {
  const [{ worldCommand }, { passwordFor }, accounts] = await Promise.all([
    import('./client-world.ts'),
    import('../src/cli/adapters/password.ts'),
    import('../src/cli/run/accounts.ts'),
  ])
  return worldCommand((context, world) => accounts[name](context, world, passwordFor))
}

/** Those that have code. */
export const commands: readonly CommandSpec[] = allCommands.filter(
  ({ words }) => loaders[words.join(' ')] !== undefined,
)

export function loadCommand(name: string): Promise<Run> {
  const load = loaders[name]
  assert(load !== undefined, `the command ${name} has code`)
  return load()
}
