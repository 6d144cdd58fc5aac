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
}

/** What a node says of itself, and how: one try each, for the next one follows soon. */
export function heartbeatCalls(
  control: ControlClient,
  reporter: Reporter,
): Pick<HeartbeatOptions, 'send' | 'report'> {
  return {
    send: (request) =>
      control.call('heartbeat', request, { triesMax: 1, timeoutMs: limits.connectMs }),
    report: () => Promise.resolve(reportOf(reporter)),
  }
}

function reportOf({ node, store, pid }: Reporter): ControlRequest<'heartbeat'> {
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
  }
}
