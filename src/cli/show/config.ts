/** What `config show` and `config check` show. */
import type { LoadedSettings, SettingLine } from '../../config/load.ts'
import { formatValue } from '../../config/value.ts'
import { present } from '../json.ts'
import type { Outcome } from '../output.ts'
import { tableLines } from '../text/table.ts'

/** A line that no schema holds: where the program keeps everything. */
export interface HomeLine {
  readonly path: string
  readonly origin: 'flag' | 'env' | 'default'
  /** The option or variable. */
  readonly where?: string
}

export function showSettings(
  { lines }: LoadedSettings,
  places: { readonly home: HomeLine; readonly file: string | undefined },
): Outcome {
  const { home, file } = places
  return {
    document: {
      home: { value: home.path, origin: home.origin, ...present({ where: home.where }) },
      ...(file !== undefined && { file }),
      settings: lines.map(settingJson),
    },
    lines: [
      ...tableLines([
        ['home', home.path, [home.origin, home.where].filter(Boolean).join(' ')],
        ...lines.map(({ key, type, value, origin, where }) => [
          key,
          formatValue(type, value) || '-',
          where === undefined ? origin : `${origin} ${where}`,
        ]),
      ]),
    ],
    exit: 0,
  }
}

/** Durations in milliseconds and sizes in bytes, as their units say. */
function settingJson({ key, type, value, origin, where }: SettingLine): object {
  const unit = type.kind === 'duration' ? 'ms' : type.kind === 'size' ? 'bytes' : undefined
  return { key, value: value ?? null, origin, ...present({ unit, where }) }
}

export function showChecked(file: string): Outcome {
  return { document: { ok: true, file }, lines: [`${file}: everything is right`], exit: 0 }
}
