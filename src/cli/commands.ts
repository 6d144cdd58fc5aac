/** Every command of this version, in the order of the help. */
import type { CommandSpec } from './command.ts'
import { accountCommands } from './commands/account.ts'
import { fileCommands } from './commands/file.ts'
import { gridCommands } from './commands/grid.ts'

export const commands: readonly CommandSpec[] = [
  ...fileCommands,
  ...accountCommands,
  ...gridCommands,
]
