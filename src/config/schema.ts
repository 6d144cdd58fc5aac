/**
 * Every setting there is. docs/configuration.md shows the same (a test compares them); `config show` prints
 * them with their values.
 */
import { limits } from '../base/limits.ts'
import type { Fields, ValuesOf } from './setting.ts'
import { boolean, choice, duration, integer, optional, required, size, text } from './setting.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const MiB = 1024 * 1024
const TiB = MiB * MiB

/** Sections of single values. */
export const sections = {
  grid: {
    nodes: integer(4, {
      least: 4,
      most: 64,
      doc: 'How many nodes `holdfast up` runs here; the vault `home` (2+2) needs four.',
    }),
    basePort: integer(10_001, {
      least: 1,
      most: 65_535,
      doc: 'Port of the first of these nodes; the others follow.',
    }),
    coordinatorPort: integer(10_000, {
      least: 1,
      most: 65_535,
      doc: 'Port of the coordinator that `holdfast up` runs here.',
    }),
    restart: boolean(true, { doc: 'Whether `holdfast up` starts a process again that died.' }),
    tls: choice('auto', {
      choices: ['auto', 'always'],
      doc: 'TLS 1.3 with pinned identities: `auto` on every address but loopback, `always` there too. The same for all programs of a grid.',
    }),
    heartbeat: duration(limits.heartbeatMs, {
      leastMs: 50,
      mostMs: 30 * second,
      advanced: true,
      doc: 'How often each node tells the coordinator its state. The same for all programs of a grid.',
    }),
    logLevel: choice('info', {
      choices: ['debug', 'info', 'warn', 'error'],
      doc: 'The least important events that go into the logs.',
    }),
    logBytes: size(8 * MiB, {
      leastBytes: 64 * 1024,
      mostBytes: 1024 * MiB,
      doc: 'A log file that grows over this is put aside as `.1`, in the place of the one before.',
    }),
  },
  coordinator: {
    listen: text('listen', '127.0.0.1:10000', {
      doc: 'Where the coordinator listens. Port 0 takes any free one.',
    }),
    folder: optional(
      text('folder', '', {
        doc: 'Where it keeps catalogue, keys and log; by default `HOME/coordinator`.',
      }),
    ),
    signup: choice('auto', {
      choices: ['auto', 'open', 'listed'],
      doc: 'Who may sign up: `open` is anyone who can connect, `listed` only the `[[coordinator.users]]`, `auto` is `listed` when there are any, else `open`.',
    }),
    nodeDown: duration(limits.nodeDownMs, {
      leastMs: 150,
      mostMs: 5 * minute,
      advanced: true,
      doc: 'A node that was silent for so long counts as down. At least twice `grid.heartbeat`.',
    }),
    repairGrace: duration(limits.repairGraceMs, {
      leastMs: 0,
      mostMs: 7 * day,
      advanced: true,
      doc: 'A missing shard is written to its node as soon as that answers; after so long without, to another.',
    }),
    collectGrace: duration(limits.collectGraceMs, {
      leastMs: 1 * second,
      mostMs: 30 * day,
      advanced: true,
      doc: 'Shards that no pack knows are collected when they are older than this.',
    }),
    unknownShards: choice('keep', {
      choices: ['keep', 'collect'],
      doc: 'What happens to shards that no pack knows when they are more than half of what a node has: `keep` them and say so in `status`, or `collect` them.',
    }),
    endQuarantine: optional(
      text('name', '', {
        doc: 'The id of a quarantine, as `status` shows it: what the nodes hold in it may be deleted from the next start on.',
      }),
    ),
    trash: duration(limits.trashMs, {
      leastMs: 1 * second,
      mostMs: 365 * day,
      advanced: true,
      doc: 'Chunks that nothing refers to any more are kept for so long.',
    }),
    retention: duration(limits.retentionMs, {
      leastMs: 1 * second,
      mostMs: 3650 * day,
      doc: 'Replaced and removed versions are kept for so long.',
    }),
  },
  node: {
    name: text('name', 'n1', { doc: 'What the node is called in its log and in `status`.' }),
    listen: text('listen', '127.0.0.1:10001', {
      doc: 'Where the node listens. Port 0 takes any free one.',
    }),
    folder: optional(
      text('folder', '', {
        doc: 'Where it keeps its shards, identity and log; by default `HOME/nodes/NAME`.',
      }),
    ),
    coordinator: text('address', '127.0.0.1:10000', { doc: 'Where the coordinator answers.' }),
    coordinatorIdentity: optional(
      text('identity', '', {
        doc: 'Public key of the coordinator, as `holdfast coordinator --identity` prints it. A node does not start without it.',
      }),
    ),
    reserve: size(limits.diskReserveBytes, {
      leastBytes: 0,
      mostBytes: 1024 * TiB,
      doc: 'The node refuses writes when less than this would stay free on its disk.',
    }),
  },
  client: {
    coordinator: optional(
      text('address', '', {
        doc: 'Where the coordinator answers; by default the grid of this home, else 127.0.0.1:10000.',
      }),
    ),
    coordinatorIdentity: optional(
      text('identity', '', {
        doc: 'Public key of the coordinator; by default the one of the grid of this home. Needed for any other.',
      }),
    ),
  },
} as const satisfies Readonly<Record<string, Fields>>

/** Tables of which there may be any number, written `[[coordinator.nodes]]`. */
export const lists = {
  'coordinator.nodes': {
    name: required(
      text('name', '', { doc: 'What the node is called; no two nodes may have the same.' }),
    ),
    address: required(
      text('address', '', { doc: 'Where coordinator and clients reach the node.' }),
    ),
    zone: optional(
      text('name', '', {
        doc: 'What fails together (a machine, a room); by default the node is a zone of its own.',
      }),
    ),
    identity: required(
      text('identity', '', {
        doc: 'Public key of the node, as `holdfast node --identity` prints it.',
      }),
    ),
  },
  'coordinator.users': {
    name: required(
      text('name', '', { doc: 'Who may sign up under this name. Passwords never stand here.' }),
    ),
    quota: optional(
      size(0, {
        leastBytes: 0,
        mostBytes: 1024 * TiB,
        doc: 'How many bytes the vaults of this account may take, from the next start on; without it no limit.',
      }),
    ),
  },
} as const satisfies Readonly<Record<string, Fields>>

export type SectionName = keyof typeof sections
export type ListName = keyof typeof lists

export type GridSettings = ValuesOf<(typeof sections)['grid']>
export type CoordinatorSettings = ValuesOf<(typeof sections)['coordinator']>
export type NodeSettings = ValuesOf<(typeof sections)['node']>
export type ClientSettings = ValuesOf<(typeof sections)['client']>
export type NodeEntry = ValuesOf<(typeof lists)['coordinator.nodes']>
export type UserEntry = ValuesOf<(typeof lists)['coordinator.users']>

export interface Settings {
  readonly grid: GridSettings
  readonly coordinator: CoordinatorSettings & {
    readonly nodes: readonly NodeEntry[]
    readonly users: readonly UserEntry[]
  }
  readonly node: NodeSettings
  readonly client: ClientSettings
}
