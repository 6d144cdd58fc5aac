import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { decodeShardId, encodeShardId } from '../core/shard.ts'
import {
  decodeDeleted,
  decodeHead,
  decodeHeld,
  decodeListed,
  decodeProof,
  decodeReceipt,
  decodeStatus,
} from './answers.ts'
import type { Exchange, ExchangeAnswer } from './exchange.ts'
import { frameTypes } from './frame-types.ts'
import type { FrameLink } from './frame-link.ts'
import { Multiplexer } from './multiplexer.ts'
import type { OpenedLink } from './opening.ts'
import { connectionLost } from './outbox.ts'
import {
  encodeDelete,
  encodeHave,
  encodeLeaf,
  encodeList,
  encodePlace,
  encodePut,
  encodeRead,
  encodeTime,
} from './requests.ts'
import type { ShardPlace, TimeRequest } from './requests.ts'
import { namingNode } from './naming-node.ts'
import type { NodeWelcome, ShardClient, ShardNode } from './shard-client.ts'
import type {
  Deleted,
  Held,
  ListOptions,
  NodeStatus,
  ProvenLeaf,
  PutOptions,
  ReadOptions,
  RecordedShard,
  RequestOptions,
  ShardAddress,
  ShardHead,
  ShardListing,
} from './shard-requests.ts'

/** Requests to a node over an opened link. */
export class LinkedShardClient implements ShardClient {
  readonly node: ShardNode
  readonly welcome: NodeWelcome
  readonly closed: Promise<HoldfastError>
  ended: HoldfastError | undefined
  readonly #link: FrameLink
  readonly #multiplexer: Multiplexer

  constructor(opened: OpenedLink, options: { readonly node: ShardNode; readonly clock: Clock }) {
    this.node = options.node
    this.welcome = opened.welcome
    this.#link = opened.link
    const { clock } = options
    const { requestsMax } = opened.welcome
    const multiplexer = new Multiplexer(opened.link, { clock, requestsMax })
    this.#multiplexer = multiplexer
    this.closed = new Promise((resolve) => {
      opened.receive({
        message: (message) => multiplexer.message(message),
        body: (requestId, piece, ended) => multiplexer.body(requestId, piece, ended),
        closed: (reason) => {
          this.ended = reason
          multiplexer.close(reason)
          resolve(reason)
        },
      })
    })
  }

  async put(shard: ShardAddress, options: PutOptions): Promise<Uint8Array> {
    const { root, blocks } = options
    const bodyBytes = blocks.reduce((sum, block) => sum + block.length, 0)
    const exchange = {
      type: frameTypes.put,
      payload: encodePut({ ...placeOf(shard), bodyBytes, root }),
      body: { blocks, eager: bodyBytes <= limits.eagerBodyBytesMax },
      answer: frameTypes.receipt,
    }
    return await this.#ask(exchange, ({ payload }) => decodeReceipt(payload), options)
  }

  async read(shard: ShardAddress, options: ReadOptions): Promise<void> {
    const { offset, into } = options
    const payload = encodeRead({ ...placeOf(shard), offset, length: into.length })
    const exchange = { type: frameTypes.read, payload, answer: undefined, into }
    await this.#ask(exchange, nothing, options)
  }

  async readHeader(shard: ShardAddress, options?: RequestOptions): Promise<ShardHead> {
    const { readHeader: type, header: answer } = frameTypes
    const payload = encodePlace(placeOf(shard))
    return await this.#ask(
      { type, payload, answer },
      (answered) => decodeHead(answered.payload),
      options,
    )
  }

  async proveLeaf(
    shard: ShardAddress,
    options: RequestOptions & { readonly leaf: number },
  ): Promise<ProvenLeaf> {
    const { proveLeaf: type, proof: answer } = frameTypes
    const payload = encodeLeaf({ ...placeOf(shard), leaf: options.leaf })
    const into = new Uint8Array(limits.leafBytes)
    const exchange = { type, payload, answer, into, shorter: true }
    const decode = (answered: ExchangeAnswer): ProvenLeaf => ({
      ...decodeProof(answered.payload),
      leaf: into.subarray(0, answered.bodyBytes),
    })
    return await this.#ask(exchange, decode, options)
  }

  async have(shards: readonly ShardAddress[], options?: RequestOptions): Promise<Held[]> {
    assert(shards.length <= limits.haveShardsMax, 'a have names at most haveShardsMax shards')
    const { have: type, held: answer } = frameTypes
    const payload = encodeHave(shards.map(placeOf))
    const decode = (answered: ExchangeAnswer): Held[] => decodeHeld(answered.payload, shards.length)
    return await this.#ask({ type, payload, answer }, decode, options)
  }

  async list(options: RequestOptions & ListOptions): Promise<ShardListing> {
    const { list: type, listed: answer } = frameTypes
    const after = options.after === undefined ? undefined : encodeShardId(options.after)
    const payload = encodeList({ after, most: options.most })
    return await this.#ask({ type, payload, answer }, listingOf, options)
  }

  async delete(
    shards: readonly RecordedShard[],
    options: RequestOptions & { readonly term: number },
  ): Promise<Deleted[]> {
    assert(shards.length <= limits.deleteShardsMax, 'a delete names at most deleteShardsMax shards')
    const { delete: type, deleted: answer } = frameTypes
    const payload = encodeDelete({
      term: options.term,
      shards: shards.map(({ shard, recordNumber }) => ({
        shardId: encodeShardId(shard),
        recordNumber,
      })),
    })
    const decode = (answered: ExchangeAnswer): Deleted[] =>
      decodeDeleted(answered.payload, shards.length)
    return await this.#ask({ type, payload, answer }, decode, options)
  }

  async status(options?: RequestOptions): Promise<NodeStatus> {
    const { status: type, state: answer } = frameTypes
    const exchange = { type, payload: none, answer }
    return await this.#ask(exchange, (answered) => decodeStatus(answered.payload), options)
  }

  async time(now: TimeRequest, options?: RequestOptions): Promise<void> {
    const { time: type, done: answer } = frameTypes
    await this.#ask({ type, payload: encodeTime(now), answer }, nothing, options)
  }

  async present(ticket: Uint8Array): Promise<void> {
    await this.#ask({ type: frameTypes.ticket, payload: ticket, answer: frameTypes.done }, nothing)
  }

  close(): void {
    this.#link.destroy(connectionLost())
  }

  async #ask<Value>(
    exchange: Exchange,
    decode: (answered: ExchangeAnswer) => Value,
    options?: RequestOptions,
  ): Promise<Value> {
    try {
      return decode(await this.#multiplexer.request(exchange, options))
    } catch (error) {
      throw namingNode(error, this.node)
    }
  }
}

const none = new Uint8Array(0)

function placeOf(address: ShardAddress): ShardPlace {
  return { shardId: encodeShardId(address.shard), vault: address.vault }
}

function listingOf({ payload }: ExchangeAnswer): ShardListing {
  const { shards, more } = decodeListed(payload)
  const named = shards.map(({ shardId, ...rest }) => ({ ...rest, shard: decodeShardId(shardId) }))
  return { shards: named, more }
}

function nothing(): void {}
