/** Finds the home folder and the configuration file, and loads the settings. */
import { isUtf8 } from '../src/base/bytes.ts'
import { HoldfastError } from '../src/base/errors.ts'
import { openHome, readText } from '../src/cli/adapters/home-folder.ts'
import type { Argument } from '../src/cli/command.ts'
import type { GridFile, HomePaths } from '../src/cli/home.ts'
import { defaultHome, homePaths } from '../src/cli/home.ts'
import type { Context } from '../src/cli/main.ts'
import type { HomeLine } from '../src/cli/show/config.ts'
import type { LoadedSettings, Sources } from '../src/config/load.ts'
import { loadSettings } from '../src/config/load.ts'
import { resolve } from 'node:path'

export interface Surroundings extends LoadedSettings {
  readonly home: HomePaths
  /** The configuration file, as far as there is one. */
  readonly configFile: string | undefined
}

/** Where the program keeps everything. Throws BAD_USAGE when that cannot be told. */
export function homeOf(context: Context): HomeLine {
  const { environment, invocation } = context
  const { home } = invocation.global
  if (home !== undefined)
    return { path: resolve(textOf(home, '--home')), origin: 'flag', where: '--home' }
  const variable = environment['HOLDFAST_HOME']
  if (variable) return { path: resolve(variable), origin: 'env', where: 'HOLDFAST_HOME' }
  const path = defaultHome(process.platform, environment)
  if (path !== undefined) return { path, origin: 'default' }
  throw new HoldfastError('BAD_USAGE', 'Cannot tell where to keep things: HOME is not set', {
    hint: 'Name a folder with --home or in HOLDFAST_HOME',
  })
}

/** Opens the home, making it when needed, and loads the settings. */
export function openSurroundings(context: Context, flags: Sources['flags'] = {}): Surroundings {
  const home = openHome(homeOf(context).path)
  return { home, ...loadFrom(context, { home, flags }) }
}

/** The same without making anything. */
export function readSurroundings(context: Context, file?: Argument): Surroundings {
  const home = homePaths(homeOf(context).path)
  return { home, ...loadFrom(context, { home, flags: {}, file }) }
}

function loadFrom(
  context: Context,
  from: { home: HomePaths; flags: Sources['flags']; file?: Argument | undefined },
): LoadedSettings & { configFile: string | undefined } {
  const named = from.file ?? context.invocation.global.config
  const path = named === undefined ? from.home.config : textOf(named, '--config')
  const text = readText(path)
  if (text === undefined && named !== undefined) {
    throw new HoldfastError('BAD_CONFIG', `There is no configuration file ${path}`, {
      hint: 'Name an existing file with --config, or leave it out for the defaults',
    })
  }
  const loaded = loadSettings({
    file: text === undefined ? undefined : { name: path, text },
    environment: context.environment,
    flags: from.flags ?? {},
    home: gridDefaults(from.home),
  })
  return { ...loaded, configFile: text === undefined ? undefined : path }
}

/** What `up` noted for the clients of this machine. */
function gridDefaults(home: HomePaths): Record<string, unknown> {
  const text = readText(home.grid)
  if (text === undefined) return {}
  try {
    const grid = JSON.parse(text) as GridFile
    return {
      'client.coordinator': grid.coordinator,
      'client.coordinatorIdentity': grid.coordinatorIdentity,
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new HoldfastError('CORRUPT', `The file ${home.grid} is not JSON`, {
      cause: error,
      hint: 'Remove it: the next start of holdfast up makes it anew',
    })
  }
}

function textOf(given: Argument, what: string): string {
  if (given.text !== '' && isUtf8(given.bytes)) return given.text
  throw new HoldfastError('BAD_USAGE', `The path of ${what} must be UTF-8 and not empty`)
}
