/** Which code each command has: loaded only when it is asked for. */
import { commands } from '../src/cli/commands.ts'
import type { Run } from '../src/cli/main.ts'
import { assert } from '../src/base/assert.ts'

export { commands }

const loaders: Readonly<Record<string, () => Promise<Run>>> = {
  up: async () => (await import('./roles/up.ts')).up,
  node: async () => (await import('./roles/node.ts')).node,
  coordinator: async () => (await import('./roles/coordinator.ts')).coordinator,
  'config show': async () => (await import('./config.ts')).configShow,
  'config check': async () => (await import('./config.ts')).configCheck,
  version: async () => (await import('./about.ts')).version,
  help: async () => (await import('./about.ts')).help,
}

/** Of the commands that this version has. */
export const commandNames: ReadonlySet<string> = new Set(Object.keys(loaders))

export function loadCommand(name: string): Promise<Run> {
  const load = loaders[name]
  assert(load !== undefined, `the command ${name} has code`)
  return load()
}
