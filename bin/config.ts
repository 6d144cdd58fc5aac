/** `config show` and `config check`. */
import type { Run } from '../src/cli/main.ts'
import { showChecked, showSettings } from '../src/cli/show/config.ts'
import { HoldfastError } from '../src/base/errors.ts'
import { homeOf, readSurroundings } from './settings.ts'

export const configShow: Run = (context) => {
  const surroundings = readSurroundings(context)
  const places = { home: homeOf(context), file: surroundings.configFile }
  return Promise.resolve(showSettings(surroundings, places))
}

export const configCheck: Run = (context) => {
  const { configFile } = readSurroundings(context, context.invocation.operands[0])
  if (configFile === undefined) {
    throw new HoldfastError('BAD_CONFIG', 'There is no configuration file to check', {
      hint: 'Name it: holdfast config check FILE',
    })
  }
  return Promise.resolve(showChecked(configFile))
}
