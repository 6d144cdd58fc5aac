/** How results look as JSON: names, times and errors in the forms that the contract fixes. */
import { isUtf8, toBase64, utf8ToText } from '../base/bytes.ts'
import type { Entry, GetFile, PutFile, VaultPlace } from './results.ts'

/** `path`, and `pathBytes` exactly when `path` is not the name. */
function nameFields<const Key extends string>(
  key: Key,
  name: Uint8Array,
): { readonly [Field in Key | `${Key}Bytes`]?: string } {
  const text = utf8ToText(name)
  const fields: Record<string, string> = { [key]: text }
  if (!isUtf8(name)) fields[`${key}Bytes`] = toBase64(name)
  return fields as { readonly [Field in Key | `${Key}Bytes`]?: string }
}

export function placeFields({ vault, path }: VaultPlace): object {
  return { vault, ...nameFields('path', path) }
}

/** RFC 3339 UTC with milliseconds. */
export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

/** Without what is absent. */
export function present<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Fields>
}

export function entryJson(entry: Entry): object {
  const { type, target, bytes, mode, modifiedMs, sha256, md5, version, health } = entry
  return {
    ...placeFields(entry),
    type,
    ...(target && nameFields('target', target)),
    bytes,
    mode,
    modified: timeText(modifiedMs),
    ...present({ sha256, md5, version, health }),
  }
}

export function putFileJson(file: PutFile): object {
  const { bytes, version, sha256, md5, state, newBytes, error } = file
  const told = present({ version, sha256, md5, error })
  return { ...placeFields(file), bytes, state, newBytes, ...told }
}

export function getFileJson(file: GetFile): object {
  const { to, bytes, sha256, state, error } = file
  const place = { ...placeFields(file), ...nameFields('to', to) }
  return { ...place, bytes, state, ...present({ sha256, error }) }
}
