/** Durations and sizes as people write them: `700ms`, `15s`, `30d`; `256MiB`, `1.5GiB`, `4096`. */

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const sizeUnitsBytes = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const
const decimalSizeUnitsBytes = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const

type Units = Readonly<Record<string, number>>

function parseQuantity(text: string, units: Units): number | undefined {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s?([A-Za-z]+)$/.exec(text) ?? []
  if (!Object.hasOwn(units, unit)) return undefined
  const value = Number(amount) * units[unit]!
  return Number.isSafeInteger(value) ? value : undefined
}

/** The largest unit of which the value is a whole number. */
function formatQuantity(value: number, units: Units): string {
  const fitting = Object.entries(units).filter(([, factor]) => value > 0 && value % factor === 0)
  const [unit, factor] = fitting.at(-1) ?? Object.entries(units)[0]!
  return `${value / factor}${unit}`
}

/** Milliseconds; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, durationUnitsMs)
}

export function formatDuration(valueMs: number): string {
  return formatQuantity(valueMs, durationUnitsMs)
}

/** Bytes; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  if (/^\d+$/.test(text)) return parseQuantity(`${text}B`, sizeUnitsBytes)
  return parseQuantity(text, { ...sizeUnitsBytes, ...decimalSizeUnitsBytes })
}

export function formatSize(valueBytes: number): string {
  return formatQuantity(valueBytes, sizeUnitsBytes)
}
