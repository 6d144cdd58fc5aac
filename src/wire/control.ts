/**
 * The control messages between clients, nodes and the coordinator: `POST /v1/NAME` with JSON, one schema for
 * each request and answer (docs/control.md explains them). Types, checks and the OpenAPI document come from
 * this table. Bytes are base64 in JSON and Uint8Array in the program; ids are hex.
 *
 * `auth`: 'open' needs nothing; 'session' carries the session's MAC; 'node' a node's signature.
 */
import { z } from 'zod'
import { limits } from '../base/limits.ts'
import { accountMessages } from './control-accounts.ts'
import { sentOperations, sentPlaces } from './control-lists.ts'
import {
  hash,
  signature,
  key,
  health,
  vaultParts,
  newShard,
  newPage,
  packs,
  threshold,
  packPlaces,
  none,
} from './control-parts.ts'
import { bytes, count, id, list } from './schema.ts'

const nodeState = z.enum(['up', 'down', 'draining', 'evicted'])
const storeState = z.enum(['serving', 'read-only', 'disk-gone'])

export const controlMessages = {
  ...accountMessages,
  cluster: {
    auth: 'session',
    request: none,
    answer: z.object({
      gridId: id,
      term: count,
      timeMs: count,
      pid: count,
      nodes: list(
        z.object({
          node: id,
          name: z.string(),
          address: z.string(),
          zone: z.string(),
          publicKey: key,
          state: nodeState,
          store: storeState.optional(),
          pid: count.optional(),
          latencyMs: z.number().optional(),
          usedBytes: count.optional(),
          freeBytes: count.optional(),
          /** Id of the quarantine of what it holds. */
          quarantine: z.string().optional(),
        }),
        1024,
      ),
      /** What waits for the operator, or for time. */
      notices: list(
        z.object({
          kind: z.enum(['clock-jumped', 'strangers-kept']),
          node: id.optional(),
          shards: count.optional(),
        }),
        1025,
      ).optional(),
    }),
  },
  ticket: {
    auth: 'session',
    request: z.object({ vault: id, rights: z.int().min(1).max(3), sessionKey: key }),
    answer: z.object({ ticket: bytes({ max: 512 }), expiresMs: count }),
  },
  vaults: {
    auth: 'session',
    request: none,
    answer: z.object({
      vaults: list(
        z.object({ ...vaultParts, owner: id, packListKey: key, n: count, h: hash }),
        limits.vaultsPerAccountMax,
      ),
    }),
  },
  'vault/create': { auth: 'session', request: z.object(vaultParts), answer: none },
  'upload/open': {
    auth: 'session',
    request: z.object({ upload: id, vault: id }),
    answer: z.object({ expiresMs: count }),
  },
  'upload/close': {
    auth: 'session',
    /** `discard`: what was registered will not be wanted again. */
    request: z.object({ upload: id, discard: z.boolean().optional() }),
    answer: none,
  },
  known: {
    auth: 'session',
    request: z.object({
      vault: id,
      threshold,
      ids: bytes({ max: 32 * limits.knownChunksMax }),
    }),
    answer: z.object({ known: bytes({ max: limits.knownChunksMax }) }),
  },
  /** Refused with PACK_DEAD (details.packs) or NOT_FOUND when the upload is gone. */
  'packs/register': {
    auth: 'session',
    request: z.object({ upload: id, vault: id, threshold, packs }),
    answer: none,
  },
  'shards/add': {
    auth: 'session',
    request: z.object({
      vault: id,
      shards: list(newShard.extend({ pack: id, generation: count }), 1024),
    }),
    answer: none,
  },
  /**
   * Shards that gave a reader wrong bytes. It proves nothing: the coordinator reads them itself, and only what
   * it finds wrong is rebuilt. Advice, which may be dropped.
   */
  'shards/suspect': {
    auth: 'session',
    request: z.object({
      vault: id,
      shards: list(
        z.object({ pack: id, index: z.int().min(0).max(31), generation: count }),
        limits.suspectShardsMax,
      ),
    }),
    answer: none,
  },
  /** Refused with CHUNKS_MISSING (details.chunks, base64) or NOT_FOUND. */
  'pages/stage': {
    auth: 'session',
    request: z.object({
      upload: id,
      vault: id,
      threshold,
      version: id,
      pages: list(newPage, 8),
    }),
    answer: none,
  },
  /**
   * Refused with CHANGED (details.conflicts), CHUNKS_MISSING (details.chunks), PACK_DEAD (details.packs),
   * FEED_FORKED, OVER_QUOTA, or NOT_FOUND when the upload is gone. With `upload` not yet open, opens it.
   */
  commit: {
    auth: 'session',
    request: z.object({
      vault: id,
      upload: id.optional(),
      threshold,
      packs,
      statement: bytes({ max: 128 * 1024 }),
      signature,
      operations: sentOperations,
    }),
    answer: z.object({ n: count, h: hash }),
  },
  feed: {
    auth: 'session',
    request: z.object({ vault: id, after: count }),
    answer: z.object({
      term: count,
      n: count,
      h: hash,
      commits: list(
        z.object({
          n: count,
          statement: bytes({ max: 128 * 1024 }),
          signature,
          atMs: count,
          operations: list(bytes({ max: 8 * 1024 }).nullable(), limits.commitOperationsMax),
        }),
        limits.feedCommitsMax,
      ),
    }),
  },
  lookup: {
    auth: 'session',
    request: z.object({
      vault: id,
      versions: list(z.object({ version: id, from: count }), limits.lookupVersionsMax),
    }),
    answer: z.object({
      validMs: count,
      pages: list(
        z.object({
          version: id,
          number: count,
          sealedLengths: bytes({ max: 8 * 1024 }),
          ids: bytes({ max: 32 * limits.pageChunksMax }),
          /** One for each chunk. */
          places: sentPlaces,
        }),
        limits.lookupPagesMax,
      ),
      more: list(z.object({ version: id, from: count }), limits.lookupVersionsMax),
      packs: list(packPlaces, 65_536),
    }),
  },
  health: {
    auth: 'session',
    request: z.object({ vault: id, versions: list(id, limits.lookupVersionsMax) }),
    answer: z.object({ health: list(health.nullable(), limits.lookupVersionsMax) }),
  },
  'vault/health': {
    auth: 'session',
    request: z.object({ vault: id, after: id.optional() }),
    /** `next`: of a large vault only a part was counted; ask again after this entry, and add up. */
    answer: z.object({
      complete: count,
      degraded: count,
      unknown: count,
      lost: count,
      next: id.optional(),
    }),
  },
  /** Of deleted entries, for `rm --now`. */
  purge: {
    auth: 'session',
    request: z.object({ vault: id, entries: list(id, 1024) }),
    answer: z.object({ more: z.boolean() }),
  },
  heartbeat: {
    auth: 'node',
    request: z.object({
      node: id,
      storeId: id,
      lastRecord: count,
      store: storeState,
      usedBytes: count,
      freeBytes: count,
      shards: count,
      pid: count,
      term: count,
      /** What the coordinator told this node last; absent when none did. */
      mark: id.optional(),
    }),
    answer: z.object({ timeMs: count, term: count, mark: id.optional() }),
  },
} as const satisfies Record<string, ControlMessage>

export interface ControlMessage {
  readonly auth: 'open' | 'session' | 'node'
  readonly request: z.ZodObject
  readonly answer: z.ZodObject
}

export type ControlName = keyof typeof controlMessages
export type ControlRequest<Name extends ControlName> = z.output<
  (typeof controlMessages)[Name]['request']
>
export type ControlAnswer<Name extends ControlName> = z.output<
  (typeof controlMessages)[Name]['answer']
>
