/** Paths in a vault: lists of names, each checked by `checkName`. */
import { concatBytes, utf8ToText } from '../../base/bytes.ts'
import { checkName } from '../../core/name.ts'

export type Path = readonly Uint8Array[]

const slash = 0x2f

/** Names of `/a/b`, `a//b/` and the like; none for the root. BAD_NAME for `.`, `..` and what no name may be. */
export function parsePath(path: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = []
  for (let at = 0; at < path.length;) {
    const end = path.indexOf(slash, at)
    const name = path.subarray(at, end < 0 ? path.length : end)
    if (name.length > 0) names.push(name)
    at += name.length + 1
  }
  for (const name of names) checkName(name)
  return names
}

/** `/a/b`; `/` for the root. */
export function formatPath(path: Path): Uint8Array {
  if (path.length === 0) return Uint8Array.of(slash)
  return concatBytes(path.flatMap((name) => [Uint8Array.of(slash), name]))
}

/** For messages: what is not UTF-8 shows as U+FFFD. */
export function pathText(path: Path): string {
  return utf8ToText(formatPath(path))
}
