/** Amounts for people: three digits are enough. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `0 B`, `1.5 KiB`, `12.3 MiB`, `945 GiB`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let at = 0
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1024
    at += 1
  }
  const digits = at === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits)} ${units[at]}`
}

/** `7 s`, `2 min 5 s`, `3 h 20 min`, `4 d 2 h`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return two(whole, { unit: 60, names: ['min', 's'] })
  if (whole < 86_400) return two(Math.ceil(whole / 60), { unit: 60, names: ['h', 'min'] })
  return two(Math.ceil(whole / 3600), { unit: 24, names: ['d', 'h'] })
}

function two(amount: number, { unit, names }: { unit: number; names: [string, string] }): string {
  const [large, small] = [Math.floor(amount / unit), amount % unit]
  return small === 0 ? `${large} ${names[0]}` : `${large} ${names[0]} ${small} ${names[1]}`
}

/** `1 file`, `1,234 files`. */
export function countText(count: number, noun: string): string {
  return `${groupedText(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `1,234,567`. Not by `toLocaleString`: the first call of that takes as long as a small put. */
export function groupedText(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}
