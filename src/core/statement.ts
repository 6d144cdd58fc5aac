/** What a writer signs for each commit (docs/format.md, section 10). */
import { assert } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { domain } from './hashing.ts'
import {
  listedOperationBytes,
  readListed,
  writeListed,
  type ListedOperation,
} from './listed-operation.ts'
import type { Primitives } from './primitives.ts'
import { hashBytes, idBytes, sized } from './sized.ts'

const start = domain('commit')

const headBytes = start.length + 2 * idBytes + 4 + 8 + hashBytes + 4

/** The longest statement. */
export const statementBytesMax: number =
  headBytes + listedOperationBytes * limits.commitOperationsMax

export interface Statement {
  readonly vault: Uint8Array
  /** Account id. */
  readonly writer: Uint8Array
  readonly term: number
  /** The feed as the writer knew it. */
  readonly seen: { readonly n: number; readonly h: Uint8Array }
  /** 1 to `commitOperationsMax`, in order. */
  readonly operations: readonly ListedOperation[]
}

/** A statement as it travels and is kept. */
export interface SignedStatement {
  readonly statement: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

export function encodeStatement(statement: Statement): Uint8Array {
  const { operations, seen } = statement
  const count = operations.length
  assert(count > 0 && count <= limits.commitOperationsMax, `a commit of ${count} operations`)
  const writer = new ByteWriter(headBytes + listedOperationBytes * count)
    .fixed(start)
    .fixed(sized(statement.vault, idBytes, 'a vault id'))
    .fixed(sized(statement.writer, idBytes, 'an account id'))
    .u32(statement.term)
    .u64(seen.n)
    .fixed(sized(seen.h, hashBytes, 'a feed hash'))
    .u32(count)
  for (const operation of operations) writeListed(writer, operation)
  return writer.finish()
}

/** Views into `bytes`. MALFORMED. */
export function decodeStatement(bytes: Uint8Array): Statement {
  const reader = new ByteReader(bytes, 'commit statement')
  if (!equalBytes(reader.fixed(start.length), start)) throw reader.malformed('it is something else')
  const vault = reader.fixed(idBytes)
  const writer = reader.fixed(idBytes)
  const term = reader.u32()
  const seen = Object.freeze({ n: reader.u64(), h: reader.fixed(hashBytes) })
  const operations: ListedOperation[] = []
  const count = reader.count(limits.commitOperationsMax, listedOperationBytes)
  if (count === 0) throw reader.malformed('it has no operations')
  while (operations.length < count) operations.push(readListed(reader))
  reader.end()
  return Object.freeze({ vault, writer, term, seen, operations })
}

/** `seed`: the writer's Ed25519 seed. */
export function signStatement(
  primitives: Primitives,
  statement: Statement,
  seed: Uint8Array,
): SignedStatement {
  const bytes = encodeStatement(statement)
  return { statement: bytes, signature: primitives.sign(seed, bytes) }
}
