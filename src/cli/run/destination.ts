/** Where each source lands: the one rule of `put` and `get` (docs/cli.md). */
import { HoldfastError } from '../../base/errors.ts'

export interface Landing {
  /** DEST is a folder, or ends in `/`: sources land in it under their own names. */
  readonly inside: boolean
}

export interface DestinationState {
  readonly sources: number
  /** What is at DEST now. */
  readonly found: 'folder' | 'other' | 'nothing'
  /** DEST ended in `/`. */
  readonly asFolder: boolean
  /** For messages. */
  readonly text: string
}

/** Throws BAD_USAGE for several sources and one file, KIND_CONFLICT for `file/`. */
export function landingOf(state: DestinationState): Landing {
  const { sources, found, asFolder, text } = state
  if (found === 'other' && asFolder) {
    throw new HoldfastError('KIND_CONFLICT', `${text} is a file, not a folder`)
  }
  if (found === 'folder' || asFolder) return { inside: true }
  if (sources > 1) {
    throw new HoldfastError('BAD_USAGE', `Several sources cannot all become ${text}`, {
      hint: 'End DEST in / to put them into a folder of that name',
    })
  }
  return { inside: false }
}

const slash = 0x2f

/** A slash at its end means nothing; `/` stays. */
export function withoutSlashes(path: Uint8Array): Uint8Array {
  let end = path.length
  while (end > 1 && path[end - 1] === slash) end -= 1
  return path.subarray(0, end)
}

/** Last name of a local path, a trailing `/` aside; undefined for `/`, `.` and `..`. */
export function baseName(path: Uint8Array): Uint8Array | undefined {
  let end = path.length
  while (end > 0 && path[end - 1] === slash) end -= 1
  const start = path.subarray(0, end).lastIndexOf(slash) + 1
  const name = path.subarray(start, end)
  const isDots = (name.length === 1 || name.length === 2) && name.every((byte) => byte === 0x2e)
  return name.length === 0 || isDots ? undefined : name
}

export interface Landed {
  /** The source, for messages. */
  readonly source: string
  /** Where it lands, for messages: the same for the same place. */
  readonly place: string
}

/** Of two sources that become one thing only the second would be left. BAD_USAGE. */
export function checkDistinct(landed: Iterable<Landed>): void {
  const sources = new Map<string, string>()
  for (const { source, place } of landed) {
    const other = sources.get(place)
    if (other !== undefined) {
      throw new HoldfastError('BAD_USAGE', `Both ${other} and ${source} would become ${place}`, {
        hint: 'Give each a DEST of its own, with a command for each',
      })
    }
    sources.set(place, source)
  }
}
