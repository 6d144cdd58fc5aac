/** What all parts of the coordinator work with. */
import type { Clock } from '../base/clock.ts'
import type { Limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { GridRow, NodeRow } from '../catalogue/rows/nodes.ts'
import type { SessionRow } from '../catalogue/rows/accounts.ts'
import type { GridKeys } from '../core/grid-keys.ts'
import type { OpaqueServer } from '../core/opaque.ts'
import type { Primitives } from '../core/primitives.ts'
import type {
  controlMessages,
  ControlAnswer,
  ControlName,
  ControlRequest,
} from '../wire/control.ts'
import type { PendingLogins } from './accounts/pending-logins.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { Suspects } from './heal/suspects.ts'
import type { GridTime } from './grid-time.ts'
import type { Notices } from './notices.ts'

export interface CoordinatorContext {
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly opaque: OpaqueServer
  readonly keys: GridKeys
  readonly grid: GridRow
  readonly limits: LimitValues
  readonly signup: Signup
  readonly unknownShards: UnknownShards
  readonly cluster: Cluster
  readonly logins: PendingLogins
  readonly suspects: Suspects
  readonly notices: Notices
  readonly time: GridTime
  readonly logger: Logger
  readonly program: string
  readonly pid: number
}

/** The limits, or what takes their place in tests and by configuration. */
export type LimitValues = Readonly<Record<keyof Limits, number>>

/** Shards that no pack knows, of which a node has more than interrupted work leaves. */
export type UnknownShards = 'keep' | 'collect'

/** `listed`: only these names may sign up. */
export type Signup =
  | { readonly kind: 'open'; readonly quotaBytes?: number | undefined }
  | { readonly kind: 'listed'; readonly users: readonly ListedUser[] }

export interface ListedUser {
  readonly name: string
  readonly quotaBytes?: number | undefined
}

/** Who asks, proven as the message's `auth` wants it. */
export interface Callers {
  readonly open: { readonly source: string }
  readonly session: { readonly source: string; readonly session: SessionRow }
  readonly node: { readonly source: string; readonly node: NodeRow }
}

export type Auth = keyof Callers
export type CallerOf<Name extends ControlName> = Callers[(typeof controlMessages)[Name]['auth']]

export interface Call<Name extends ControlName> {
  readonly request: ControlRequest<Name>
  readonly caller: CallerOf<Name>
}

/** Answers one message, or throws the HoldfastError it is refused with. */
export type MessageHandler<Name extends ControlName> = (
  context: CoordinatorContext,
  call: Call<Name>,
) => Promise<ControlAnswer<Name>>
