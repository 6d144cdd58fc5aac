import { utf8 } from '../../../base/bytes.ts'
import type { Client } from '../../../client/client.ts'
import type { PutItem, PutOutcome } from '../../../client/put/put-item.ts'
import type { ClientHost } from '../grid/client-host.ts'
import type { Content, Place } from './contents.ts'
import { textOf } from './contents.ts'
import type { Judge } from './judge.ts'
import type { Attempt, Moment, Oracle } from './oracle.ts'

export interface PutStep {
  readonly host: ClientHost
  readonly oracle: Oracle
  readonly vault: string
  readonly from: Moment
  readonly items: readonly { readonly place: Place; readonly content: Content }[]
  readonly judge: Judge
}

const fileMode = 0o644

/** Puts; what is told of each item goes to the oracle. */
export async function putStep(client: Client, step: PutStep): Promise<void> {
  const { host, vault, oracle } = step
  const process = host.process
  const items = step.items.map(({ place, content }, at) => localItem(host, { place, content, at }))
  await client.vault(vault)
  const attempts = new Map<string, Attempt>()
  for (const { place, content } of step.items) {
    attempts.set(place.text, oracle.begin(place.text, content.value))
  }
  await client.put(vault, {
    items,
    outcome: (outcome) => {
      // A process that died cannot have told anyone
      if (process?.ended !== false) return
      take(step, outcome, attempts.get(textOf(outcome.to))!)
    },
  })
}

function take({ oracle, host, from, judge }: PutStep, outcome: PutOutcome, attempt: Attempt): void {
  const place = textOf(outcome.to)
  host.parts.count(`users: puts ${outcome.state}`)
  host.note(`put ${JSON.stringify(place)} ${outcome.state} ${attempt.value}`)
  if (outcome.state === 'stored') oracle.acknowledge(attempt)
  else if (outcome.state === 'unchanged') unchanged({ oracle, judge, from }, attempt)
  else if ('error' in outcome) judge.failed(`put of ${place}`, outcome.error)
}

/** The index said that this very value is there. */
function unchanged(
  { oracle, judge, from }: Pick<PutStep, 'oracle' | 'judge' | 'from'>,
  attempt: Attempt,
): void {
  const { path, value } = attempt
  oracle.withdraw(attempt)
  const complaint = oracle.complaint({ path, value, from, to: oracle.tick() })
  if (complaint !== undefined) judge.complain(complaint)
}

function localItem(
  { files }: ClientHost,
  { place, content, at }: { readonly place: Place; readonly content: Content; readonly at: number },
): PutItem {
  const path = utf8(`/in-${at}`)
  files.remove(path)
  if (place.kind === 'link') files.makeLink(path, content.bytes)
  else files.setFile(path, content.bytes)
  files.setFolderStat(path, { mode: fileMode, modified: content.modified })
  return { kind: place.kind, path, to: place.path, stat: files.statPath(path)! }
}
