/** Amounts as tables show them. */

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** Three digits that mean something: `0.342`, `7.10`, `48.3`, `1,234`. */
export function numberText(value: number): string {
  const size = Math.abs(value)
  if (size >= 99.95) return Math.round(value).toLocaleString('en-US')
  if (size >= 9.995) return value.toFixed(1)
  return value.toFixed(size >= 0.9995 ? 2 : 3)
}

/** `0.80–1.10`; one number when both ends look alike. */
export function rangeText(values: readonly number[]): string {
  const least = numberText(Math.min(...values))
  const most = numberText(Math.max(...values))
  return least === most ? least : `${least}–${most}`
}

/** `4 KiB`, `1 GiB`: sizes that were chosen, and so are round. */
export function sizeText(bytes: number): string {
  if (bytes >= GiB && bytes % GiB === 0) return `${bytes / GiB} GiB`
  if (bytes >= MiB && bytes % MiB === 0) return `${bytes / MiB} MiB`
  if (bytes >= KiB && bytes % KiB === 0) return `${bytes / KiB} KiB`
  return `${bytes} B`
}

export function mebibytesText(bytes: number): string {
  return Math.round(bytes / MiB).toLocaleString('en-US')
}

/** `2.51 ×`. */
export function ratioText(ratio: number): string {
  return `${ratio.toFixed(2)} ×`
}

export function percentText(share: number): string {
  return `${numberText(share * 100)} %`
}

export function countText(count: number): string {
  return count.toLocaleString('en-US')
}
