/** One value of a setting: read from TOML, from the environment or a flag; written for people. */
import { parseAddress } from '../base/address.ts'
import type { SettingType } from './setting.ts'
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts'

/** A value, or what would be right (to follow "must be"). */
export type Read =
  | { readonly kind: 'right'; readonly value: unknown }
  | { readonly kind: 'wrong'; readonly wanted: string }

function right(value: unknown): Read {
  return { kind: 'right', value }
}

/** Reads a TOML value. Integers come as bigint or number. */
export function readValue(type: SettingType, raw: unknown): Read {
  const value = check(type, raw)
  return value === undefined ? { kind: 'wrong', wanted: wantedOf(type) } : right(value)
}

/** Reads the text of an environment variable or a flag. */
export function readText(type: SettingType, text: string): Read {
  if (type.kind === 'boolean' && /^(true|false)$/.test(text)) return right(text === 'true')
  if (type.kind === 'integer' && /^\d{1,15}$/.test(text)) return readValue(type, Number(text))
  return readValue(type, text)
}

function check(type: SettingType, raw: unknown): unknown {
  switch (type.kind) {
    case 'boolean':
      return typeof raw === 'boolean' ? raw : undefined
    case 'integer':
      return typeof raw === 'number' && Number.isInteger(raw)
        ? within(raw, type.least, type.most)
        : undefined
    case 'duration':
      return typeof raw === 'string'
        ? within(parseDuration(raw), type.leastMs, type.mostMs)
        : undefined
    case 'size':
      return within(sizeOf(raw), type.leastBytes, type.mostBytes)
    default:
      return typeof raw === 'string' ? checkText(type, raw) : undefined
  }
}

function sizeOf(raw: unknown): number | undefined {
  if (typeof raw === 'string') return parseSize(raw)
  return Number.isSafeInteger(raw) ? (raw as number) : undefined
}

function within(value: number | undefined, least: number, most: number): number | undefined {
  return value !== undefined && value >= least && value <= most ? value : undefined
}

type TextType = Exclude<SettingType, { kind: 'boolean' | 'integer' | 'duration' | 'size' }>

function checkText(type: TextType, text: string): string | undefined {
  return isRight(type, text) ? text : undefined
}

function isRight(type: TextType, text: string): boolean {
  switch (type.kind) {
    case 'choice':
      return type.choices.includes(text)
    case 'listen':
      return parseAddress(text) !== undefined
    case 'address':
      return (parseAddress(text)?.port ?? 0) > 0
    case 'name':
      return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
    case 'folder':
      return text !== '' && !text.includes('\0')
    case 'identity':
      return /^[0-9a-f]{64}$/.test(text)
    default:
      return type satisfies never
  }
}

/** What a value of this type is, to follow "must be". */
function wantedOf(type: SettingType): string {
  switch (type.kind) {
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `a whole number from ${type.least} to ${type.most}`
    case 'duration':
      return `a duration from "${formatDuration(type.leastMs)}" to "${formatDuration(type.mostMs)}" (as "1500ms", "15s", "10m", "24h" or "30d")`
    case 'size':
      return `a size from "${formatSize(type.leastBytes)}" to "${formatSize(type.mostBytes)}" (as "64KiB", "256MiB" or "2TiB")`
    case 'choice':
      return type.choices.map((choice) => `"${choice}"`).join(' or ')
    case 'listen':
      return 'an address "host:port"; port 0 takes any free one'
    case 'address':
      return 'an address "host:port" with a port from 1 to 65535'
    case 'name':
      return 'a name of at most 64 letters, digits, dots, underscores and dashes that begins with a letter or digit'
    case 'folder':
      return 'a path'
    case 'identity':
      return 'a public key of 64 lower-case hex digits'
    default:
      return type satisfies never
  }
}

/** As it would stand in the file. */
export function formatValue(type: SettingType, value: unknown): string {
  if (value === undefined) return ''
  if (type.kind === 'duration') return `"${formatDuration(value as number)}"`
  if (type.kind === 'size') return `"${formatSize(value as number)}"`
  return JSON.stringify(value)
}
