/** What `ls` and `stat` show. */
import { concatBytes, utf8, utf8ToText } from '../../base/bytes.ts'
import { entryJson, timeText } from '../json.ts'
import type { Outcome } from '../output.ts'
import { quoteName } from '../quote.ts'
import type { Entry, PackPlace, StatResult, VaultSummary } from '../results.ts'
import { modeText } from '../text/mode.ts'
import { tableLines } from '../text/table.ts'
import { placeText } from './transfer.ts'

export interface ListOptions {
  readonly long: boolean
  /** Bytes of the path, with a `/` at its end, that every shown name leaves out. */
  readonly below: Uint8Array
}

/** Entries in the order they came. */
export function showList(entries: readonly Entry[], options: ListOptions): Outcome {
  const lines = options.long
    ? tableLines(
        entries.map((entry) => longRow(entry, options)),
        { right: [1] },
      )
    : entries.map((entry) => shownName(entry, options))
  return { document: { entries: entries.map(entryJson) }, lines, exit: 0 }
}

function longRow(entry: Entry, options: ListOptions): string[] {
  const arrow = entry.target === undefined ? '' : ` -> ${quoteName(entry.target)}`
  return [
    modeText(entry),
    String(entry.bytes),
    `${timeText(entry.modifiedMs).slice(0, 19).replace('T', ' ')}Z`,
    entry.health ?? '-',
    `${shownName(entry, options)}${arrow}`,
  ]
}

/** Folders end in `/`. */
function shownName({ path, type }: Entry, { below }: ListOptions): string {
  const inside = utf8ToText(path.subarray(0, below.length)) === utf8ToText(below)
  const name = inside ? path.subarray(below.length) : path
  return quoteName(type === 'folder' ? concatBytes([name, utf8('/')]) : name)
}

export function showVaults(vaults: readonly VaultSummary[]): Outcome {
  const rows = vaults.map(({ name, policy, role, files, bytes }) => [
    `${quoteName(utf8(name))}:/`,
    policy,
    role,
    String(files),
    String(bytes),
  ])
  return {
    document: { vaults },
    lines: tableLines([['vault', 'policy', 'role', 'files', 'bytes'], ...rows], { right: [3, 4] }),
    exit: 0,
  }
}

export function showStat(entry: StatResult): Outcome {
  const { chunks, packs } = entry
  const fields: [string, string | undefined][] = [
    ['location', placeText(entry)],
    ['type', entry.type],
    ['target', entry.target && quoteName(entry.target)],
    ['bytes', String(entry.bytes)],
    ['mode', `${modeText(entry)} (${entry.mode.toString(8).padStart(4, '0')})`],
    ['modified', timeText(entry.modifiedMs)],
    ['sha256', entry.sha256],
    ['md5', entry.md5],
    ['version', entry.version],
    ['health', entry.health],
    ['chunks', String(chunks)],
  ]
  const rows = fields.filter((row): row is [string, string] => row[1] !== undefined)
  return {
    document: { ...entryJson(entry), chunks, ...(packs && { packs }) },
    lines: [...tableLines(rows), ...(packs ?? []).flatMap(packLines)],
    exit: 0,
  }
}

function packLines({ id, k, m, shards }: PackPlace): string[] {
  const rows = shards.map(({ index, node, state }) => [`  ${index}`, node, state])
  return [`pack ${id} (${k}+${m})`, ...tableLines(rows)]
}
