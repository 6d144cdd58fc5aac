/** What a setting is: plain data, from which reading, checking, `config show` and the documentation come. */

export type SettingType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly least: number; readonly most: number }
  /** Kept in milliseconds. */
  | { readonly kind: 'duration'; readonly leastMs: number; readonly mostMs: number }
  /** Kept in bytes. */
  | { readonly kind: 'size'; readonly leastBytes: number; readonly mostBytes: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** `host:port` of another program. */
  | { readonly kind: 'address' }
  /** `host:port` to listen at; port 0 takes any free one. */
  | { readonly kind: 'listen' }
  /** Letters, digits, `.`, `_`, `-`. */
  | { readonly kind: 'name' }
  /** A path; a relative one counts from the folder of the file that names it. */
  | { readonly kind: 'folder' }
  /** An Ed25519 public key, 64 hex digits. */
  | { readonly kind: 'identity' }

export interface Setting<Value> {
  readonly type: SettingType
  readonly default: Value
  readonly doc: string
  /** Must be given wherever its table is. */
  readonly required?: boolean
  /** A timing that is right as it is: for tests and for experts. */
  readonly advanced?: boolean
}

interface Common {
  readonly doc: string
  readonly advanced?: boolean
}

export type Fields = Readonly<Record<string, Setting<unknown>>>

/** The values of a group of settings. */
export type ValuesOf<Group extends Fields> = {
  readonly [Key in keyof Group]: Group[Key] extends Setting<infer Value> ? Value : never
}

export function boolean(value: boolean, common: Common): Setting<boolean> {
  return { type: { kind: 'boolean' }, default: value, ...common }
}

export function integer(
  value: number,
  range: { readonly least: number; readonly most: number } & Common,
): Setting<number> {
  const { least, most, ...common } = range
  return { type: { kind: 'integer', least, most }, default: value, ...common }
}

export function duration(
  valueMs: number,
  range: { readonly leastMs: number; readonly mostMs: number } & Common,
): Setting<number> {
  const { leastMs, mostMs, ...common } = range
  return { type: { kind: 'duration', leastMs, mostMs }, default: valueMs, ...common }
}

export function size(
  valueBytes: number,
  range: { readonly leastBytes: number; readonly mostBytes: number } & Common,
): Setting<number> {
  const { leastBytes, mostBytes, ...common } = range
  return { type: { kind: 'size', leastBytes, mostBytes }, default: valueBytes, ...common }
}

export function choice<const Choice extends string>(
  value: Choice,
  options: { readonly choices: readonly Choice[] } & Common,
): Setting<Choice> {
  const { choices, ...common } = options
  return { type: { kind: 'choice', choices }, default: value, ...common }
}

export function text(
  kind: 'address' | 'listen' | 'name' | 'folder' | 'identity',
  value: string,
  common: Common,
): Setting<string> {
  return { type: { kind }, default: value, ...common }
}

/** One that may be absent. */
export function optional<Value>(setting: Setting<Value>): Setting<Value | undefined> {
  return { ...setting, default: undefined }
}

/** One that must be given. The default is never used. */
export function required<Value>(setting: Setting<Value>): Setting<Value> {
  return { ...setting, required: true }
}
