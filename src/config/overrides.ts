/** Settings from environment variables and flags. */
import type { Given } from './given.ts'
import type { Problem } from './problem.ts'
import { nearest, suggestion, wrongText } from './problem.ts'
import { sections } from './schema.ts'
import type { Fields, SettingType } from './setting.ts'
import { readText } from './value.ts'

/** A setting as it was typed on the command line, with the flag's name. */
export interface FlagText {
  readonly flag: string
  readonly text: string
}

/** Others with our name in front may be anybody's. */
const ours = /^HOLDFAST_((GRID|COORDINATOR|NODE|CLIENT)(_.*)?|CONFIG)$/

interface Found {
  readonly given: Map<string, Given>
  readonly problems: Problem[]
}

/** `grid.basePort` is `HOLDFAST_GRID_BASE_PORT`. */
export function variableOf(key: string): string {
  return `HOLDFAST_${key
    .replaceAll(/([A-Z])/g, '_$1')
    .replaceAll('.', '_')
    .toUpperCase()}`
}

export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  { given, problems }: Found,
): void {
  const byVariable = new Map(allSettings().map(([key, type]) => [variableOf(key), { key, type }]))
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !ours.test(name)) continue
    const setting = byVariable.get(name)
    if (setting === undefined) {
      problems.push({ source: name, message: unknownText(name, [...byVariable.keys()]) })
      continue
    }
    const read = readText(setting.type, text)
    if (read.kind === 'right') {
      given.set(setting.key, { value: read.value, origin: 'env', where: name })
    } else problems.push({ source: name, message: wrongText(text, read.wanted) })
  }
}

function unknownText(name: string, known: readonly string[]): string {
  if (name === 'HOLDFAST_CONFIG') return 'there is no such variable: name the file with --config'
  const near = nearest(name, known)
  return `there is no such setting${suggestion(near)}`
}

export function readFlags(
  flags: Readonly<Record<string, FlagText>>,
  { given, problems }: Found,
): void {
  const types = new Map(allSettings())
  for (const [key, { flag, text }] of Object.entries(flags)) {
    const read = readText(types.get(key)!, text)
    if (read.kind === 'right') given.set(key, { value: read.value, origin: 'flag', where: flag })
    else problems.push({ source: flag, message: wrongText(text, read.wanted) })
  }
}

function allSettings(): [key: string, type: SettingType][] {
  return Object.entries(sections).flatMap(([section, fields]) =>
    Object.entries(fields as Fields).map(([name, { type }]): [string, SettingType] => [
      `${section}.${name}`,
      type,
    ]),
  )
}
