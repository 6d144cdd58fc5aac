/** The one executable: chooses the command and loads only what that command needs. */
import manifest from '../package.json' with { type: 'json' }
import { systemClock } from '../src/base/adapters/system-clock.ts'
import { interruption } from '../src/cli/adapters/interruption.ts'
import { sayLastWords } from '../src/cli/adapters/last-words.ts'
import { processTerminal } from '../src/cli/adapters/process-terminal.ts'
import { rawArguments } from '../src/cli/adapters/raw-arguments.ts'
import { main } from '../src/cli/main.ts'
import { commands, loadCommand } from './commands.ts'

const line = rawArguments()
sayLastWords(line)
process.exitCode = await main(line, {
  commands,
  load: loadCommand,
  version: manifest.version,
  terminal: processTerminal(),
  clock: systemClock,
  environment: process.env,
  signal: interruption(),
})
