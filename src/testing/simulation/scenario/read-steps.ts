import { utf8 } from '../../../base/bytes.ts'
import type { Client } from '../../../client/client.ts'
import type { GetItem } from '../../../client/get/get-item.ts'
import { listFolder } from '../../../client/tree/list-folder.ts'
import { resolvePath } from '../../../client/tree/resolve-path.ts'
import type { ClientHost } from '../grid/client-host.ts'
import type { Place } from './contents.ts'
import { places, textOf, valueOf } from './contents.ts'
import type { Judge } from './judge.ts'
import { absent } from './oracle.ts'
import type { Moment, Oracle, Value } from './oracle.ts'

export interface ReadStep {
  readonly host: ClientHost
  readonly oracle: Oracle
  readonly vault: string
  readonly from: Moment
  readonly judge: Judge
}

/** Gets files to local ones and compares what was written with what may be there. */
export async function getStep(
  client: Client,
  step: ReadStep & { readonly places: readonly Place[]; readonly verify: boolean },
): Promise<void> {
  const { host, vault, verify } = step
  const { feed, vault: opened } = await client.vault(vault)
  const items: GetItem[] = []
  for (const [at, place] of step.places.entries()) {
    const found = resolvePath(feed.index, { vault: opened.vault, path: place.path })
    if (found.kind !== 'file' && found.kind !== 'link') {
      check(step, place.text, absent)
      continue
    }
    feed.verifyVersion(found.entry)
    const to = utf8(`/out-${at}`)
    host.files.remove(to)
    items.push({ path: place.path, entry: found.entry, to })
  }
  const process = host.process
  await client.get(vault, {
    items,
    sync: false,
    verify,
    progress: () => {},
    outcome: (outcome) => {
      if (process?.ended !== false) return
      const place = textOf(outcome.item.path)
      host.parts.count(`users: gets ${outcome.state === 'failed' ? 'failed' : 'compared'}`)
      if (outcome.state === 'failed') step.judge.failed(`get of ${place}`, outcome.error)
      else check(step, place, writtenValue(host, outcome.item))
    },
  })
}

/** Lists all of the vault, and compares with what may be there. */
export async function listStep(client: Client, step: ReadStep): Promise<void> {
  const { feed, vault } = await client.vault(step.vault)
  step.host.parts.count('users: listings compared')
  const seen = new Map<string, Value>()
  for (const { path, entry } of listFolder(feed.index, { folder: vault.vault, recursive: true })) {
    if (entry.kind !== 'folder') seen.set(textOf(path), valueOf(entry))
  }
  for (const { text } of places) check(step, text, seen.get(text) ?? absent)
  for (const path of seen.keys()) {
    if (!places.some(({ text }) => text === path)) step.judge.complain(`${path} was listed`)
  }
}

function check({ oracle, host, from, judge }: ReadStep, path: string, value: Value): void {
  const complaint = oracle.complaint({ path, value, from, to: oracle.tick() })
  if (complaint !== undefined) judge.complain(`${host.name}: ${complaint}`)
}

/** Of the bytes that are there, whatever the index says. */
function writtenValue({ files, parts }: ClientHost, { to, entry }: GetItem): Value {
  const kind = files.statPath(to)?.kind === 'link' ? 'link' : 'file'
  const hash = parts.primitives.sha256()
  hash.update(kind === 'link' ? files.readLink(to) : files.content(to))
  const modified = kind === 'link' ? entry!.modified : files.statPath(to)!.modified
  return valueOf({ kind, sha256: hash.digest(), modified })
}
