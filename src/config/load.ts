/**
 * Settings from where they stand: flags, environment, the file, what the home knows, defaults; the first of
 * these that has a setting wins. Everything that is wrong is found in one go.
 */
import { HoldfastError } from '../base/errors.ts'
import { checkTogether } from './check-together.ts'
import { readFile } from './file.ts'
import type { Given, ListRows, NamedText, Origin } from './given.ts'
import type { FlagText } from './overrides.ts'
import { readEnvironment, readFlags, variableOf } from './overrides.ts'
import type { Problem } from './problem.ts'
import { refuseProblems } from './problem.ts'
import type { ListName, SectionName, Settings } from './schema.ts'
import { lists, sections } from './schema.ts'
import type { Fields, SettingType } from './setting.ts'

export interface Sources {
  /** The configuration file, as far as there is one. */
  readonly file?: NamedText | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** By key (`grid.nodes`), as they were typed, with the flag's name. */
  readonly flags?: Readonly<Record<string, FlagText>>
  /** By key: what the home folder knows better than the defaults. */
  readonly home?: Readonly<Record<string, unknown>>
}

/** One value with its origin, for `config show`. */
export interface SettingLine {
  /** `grid.nodes`, `coordinator.nodes[0].name`. */
  readonly key: string
  readonly type: SettingType
  readonly value: unknown
  readonly origin: Origin
  /** `grid.toml:4`, `HOLDFAST_GRID_NODES`, `--nodes`. */
  readonly where?: string
}

export interface LoadedSettings {
  readonly settings: Settings
  readonly lines: readonly SettingLine[]
}

/** Throws BAD_CONFIG with every problem there is. */
export function loadSettings(sources: Sources): LoadedSettings {
  const problems: Problem[] = []
  const file = readFile(sources.file, problems)
  const given = new Map<string, Given>()
  for (const [key, value] of Object.entries(sources.home ?? {})) {
    given.set(key, { value, origin: 'home', where: 'HOME' })
  }
  for (const [key, value] of file.values) given.set(key, value)
  readEnvironment(sources.environment, { given, problems })
  readFlags(sources.flags ?? {}, { given, problems })
  const lines = [...sectionLines(given), ...listLines(file.lists)]
  const settings = settingsOf(lines, file.lists)
  checkTogether(settings, {
    problems,
    whereOf: (key) => whereOf(key, { lines, file: sources.file }),
  })
  refuseProblems(problems)
  return { settings, lines }
}

function sectionLines(given: ReadonlyMap<string, Given>): SettingLine[] {
  return Object.entries(sections).flatMap(([section, fields]) =>
    Object.entries(fields as Fields).map(([name, setting]): SettingLine => {
      const key = `${section}.${name}`
      const found = given.get(key)
      if (found === undefined) {
        return { key, type: setting.type, value: setting.default, origin: 'default' }
      }
      return { key, type: setting.type, ...found }
    }),
  )
}

function listLines(rows: ListRows): SettingLine[] {
  return Object.entries(lists).flatMap(([list, fields]) =>
    rows[list as ListName].flatMap((row, at) =>
      Object.entries(fields as Fields).map(([name, setting]): SettingLine => {
        const key = `${list}[${at}].${name}`
        const found = row.get(name)
        if (found !== undefined) return { key, type: setting.type, ...found }
        return { key, type: setting.type, value: setting.default, origin: 'default' }
      }),
    ),
  )
}

function settingsOf(lines: readonly SettingLine[], rows: ListRows): Settings {
  const values = new Map(lines.map(({ key, value }) => [key, value]))
  const section = (name: SectionName): Record<string, unknown> =>
    Object.fromEntries(
      Object.keys(sections[name]).map((key) => [key, values.get(`${name}.${key}`)]),
    )
  const list = (name: ListName): Record<string, unknown>[] =>
    rows[name].map((_, at) =>
      Object.fromEntries(
        Object.keys(lists[name]).map((key) => [key, values.get(`${name}[${at}].${key}`)]),
      ),
    )
  return {
    grid: section('grid'),
    coordinator: {
      ...section('coordinator'),
      nodes: list('coordinator.nodes'),
      users: list('coordinator.users'),
    },
    node: section('node'),
    client: section('client'),
  } as unknown as Settings
}

/** Where a setting stands, or would stand. */
function whereOf(
  key: string,
  found: { readonly lines: readonly SettingLine[]; readonly file: Sources['file'] },
): string {
  const line = found.lines.find((candidate) => candidate.key === key)
  return line?.where ?? found.file?.name ?? 'default'
}

/** BAD_CONFIG for a setting that a program cannot do without. */
export function missingSetting(
  key: string,
  options: { file?: string; why: string },
): HoldfastError {
  const place = options.file ?? 'No configuration file is given'
  return new HoldfastError('BAD_CONFIG', `${place}: ${key} is missing: ${options.why}`, {
    hint: `Set it in the file named with --config, or in ${variableOf(key)}`,
    details: { problems: [{ source: place, key, message: 'is missing' }] },
  })
}
