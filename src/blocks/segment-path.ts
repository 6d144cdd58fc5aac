export const segmentFolder = 'segments'

export function segmentPath(segment: number): string {
  return `${segmentFolder}/${String(segment).padStart(8, '0')}.seg`
}

/** The number in a segment's file name; undefined when it is no such name. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{8,15})\.seg$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
