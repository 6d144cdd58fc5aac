import { toHex } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import type { ShardStore } from '../blocks/shard-store.ts'
import type { ControlClient } from '../wire/control-client.ts'
import type { ControlRequest } from '../wire/control.ts'
import type { HeartbeatOptions } from './heartbeat.ts'

export interface Reporter {
  /** Node id, hex. */
  readonly node: string
  readonly store: ShardStore
  /** Of the process. */
  readonly pid: number
  readonly marks: MarkKeeper
}

/** Keeps, over starts, the mark that the coordinator told last. */
export interface MarkKeeper {
  readonly mark: string | undefined
  keep(mark: string): void
}

/** What a node says of itself, and how: one try each, for the next one follows soon. */
export function heartbeatCalls(
  control: ControlClient,
  reporter: Reporter,
): Pick<HeartbeatOptions, 'send' | 'report'> {
  const { marks } = reporter
  return {
    async send(request) {
      const options = { triesMax: 1, timeoutMs: limits.connectMs }
      const answer = await control.call('heartbeat', request, options)
      if (answer.mark !== undefined && answer.mark !== marks.mark) marks.keep(answer.mark)
      return answer
    },
    report: () => Promise.resolve(reportOf(reporter)),
  }
}

function reportOf({ node, store, pid, marks: { mark } }: Reporter): ControlRequest<'heartbeat'> {
  const { shards, usedBytes, freeBytes } = store.usage()
  return {
    node,
    storeId: toHex(store.storeId),
    lastRecord: store.lastRecord,
    store: store.state.kind,
    usedBytes,
    freeBytes,
    shards,
    pid,
    term: store.term,
    ...(mark !== undefined && { mark }),
  }
}
