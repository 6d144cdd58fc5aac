/**
 * A node's signed word that shards are durable there (docs/format.md, section 6): one signature over the
 * root of a tree of all entries of a group commit, so that a receipt stays small however many there are.
 */
import { assert } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { domain, label, labelledHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { buildReceiptTree, pathLength, rootOfPath } from './receipt-tree.ts'
import { checkFormat } from './sealed-box.ts'
import { hashBytes, idBytes, keyBytes, signatureBytes, sized } from './sized.ts'

const what = 'receipt'
const start = domain('receipt')
const entryLabel = label('receipt entry')
const depthMax = Math.ceil(Math.log2(limits.groupCommitRecordsMax))
const entryBytes = idBytes + 1 + 4 + hashBytes + 8
const issuerBytes = keyBytes + idBytes + 4 + 8

/** The longest receipt. */
export const receiptBytesMax: number =
  1 + entryBytes + issuerBytes + 8 + depthMax * hashBytes + signatureBytes

/** What became durable. */
export interface ReceiptEntry {
  readonly pack: Uint8Array
  readonly index: number
  /** Placement generation. */
  readonly generation: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly recordNumber: number
}

/** Who says so, and when. */
export interface ReceiptIssuer {
  /** Ed25519, of the node. */
  readonly nodeKey: Uint8Array
  readonly storeId: Uint8Array
  readonly term: number
  /** The coordinator's time, as the node knows it. */
  readonly timeMs: number
}

export interface Receipt extends ReceiptEntry, ReceiptIssuer {
  /** Of the entry among all that the signature covers. */
  readonly position: number
  readonly count: number
  /** From the entry to the root of the tree. */
  readonly siblings: readonly Uint8Array[]
  readonly signature: Uint8Array
}

/** Receipts for all entries of a group commit, in their order, under one signature of `seed`. */
export function issueReceipts(
  primitives: Primitives,
  batch: { readonly issuer: ReceiptIssuer; readonly entries: readonly ReceiptEntry[] },
  seed: Uint8Array,
): Uint8Array[] {
  const { entries, issuer } = batch
  const count = entries.length
  const fits = count > 0 && count <= limits.groupCommitRecordsMax
  assert(fits, `1 to ${limits.groupCommitRecordsMax} receipts are issued at once, not ${count}`)
  const hashes = entries.map((entry) => receiptEntryHash(primitives, entry))
  const { root, paths } = buildReceiptTree(primitives, hashes)
  const signature = primitives.sign(seed, signedText(issuer, { count, root }))
  return entries.map((entry, position) =>
    encodeReceipt({ ...entry, ...issuer, position, count, siblings: paths[position]!, signature }),
  )
}

export type ExpectedReceipt = Omit<ReceiptEntry, 'recordNumber'> & Pick<ReceiptIssuer, 'nodeKey'>

/** The receipt, when this node signed it for this shard. RECORD_FORGED, MALFORMED, VERSION_UNSUPPORTED. */
export function verifyReceipt(
  primitives: Primitives,
  bytes: Uint8Array,
  expected: ExpectedReceipt,
): Receipt {
  const receipt = decodeReceipt(bytes)
  if (!equalBytes(receipt.nodeKey, expected.nodeKey)) throw forged('it is of another node')
  const same =
    equalBytes(receipt.pack, expected.pack) &&
    receipt.index === expected.index &&
    receipt.generation === expected.generation
  if (!same) throw forged('it is of another shard')
  if (!equalBytes(receipt.root, expected.root)) throw forged('it is of other bytes')
  const leaf = receiptEntryHash(primitives, receipt)
  const root = rootOfPath(primitives, receipt, { leaf, siblings: receipt.siblings })
  const text = signedText(receipt, { count: receipt.count, root })
  if (primitives.verify(receipt.nodeKey, text, receipt.signature)) return receipt
  throw forged('its signature is wrong')
}

/** Form only. Views into `bytes`. MALFORMED, VERSION_UNSUPPORTED. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new ByteReader(bytes, what)
  checkFormat(reader.u8(), what)
  const receipt = Object.freeze({
    pack: reader.fixed(idBytes),
    index: reader.u8(),
    generation: reader.u32(),
    root: reader.fixed(hashBytes),
    recordNumber: reader.u64(),
    nodeKey: reader.fixed(keyBytes),
    storeId: reader.fixed(idBytes),
    term: reader.u32(),
    timeMs: reader.u64(),
    ...readPath(reader),
    signature: reader.fixed(signatureBytes),
  })
  reader.end()
  return receipt
}

function encodeReceipt(receipt: Receipt): Uint8Array {
  const writer = new ByteWriter(receiptBytesMax).u8(1)
  writeEntry(writer, receipt)
  writeIssuer(writer, receipt)
  writer.u32(receipt.position).u32(receipt.count)
  for (const sibling of receipt.siblings) writer.fixed(sibling)
  return writer.fixed(receipt.signature).finish()
}

function readPath(reader: ByteReader): Pick<Receipt, 'position' | 'count' | 'siblings'> {
  const position = reader.u32()
  const count = reader.u32()
  if (count > limits.groupCommitRecordsMax || position >= count) {
    throw reader.malformed(`entry ${position} of ${count}`)
  }
  const length = pathLength({ position, count })
  const siblings = Array.from({ length }, () => reader.fixed(hashBytes))
  return { position, count, siblings }
}

/** H("receipt entry", …): a leaf of the tree. */
function receiptEntryHash(primitives: Primitives, entry: ReceiptEntry): Uint8Array {
  const writer = new ByteWriter(entryBytes)
  writeEntry(writer, entry)
  return labelledHash(primitives, entryLabel, writer.finish())
}

function signedText(
  issuer: ReceiptIssuer,
  tree: { readonly count: number; readonly root: Uint8Array },
): Uint8Array {
  const writer = new ByteWriter(start.length + issuerBytes + 4 + hashBytes).fixed(start)
  writeIssuer(writer, issuer)
  return writer.u32(tree.count).fixed(tree.root).finish()
}

function writeEntry(writer: ByteWriter, entry: ReceiptEntry): void {
  writer
    .fixed(sized(entry.pack, idBytes, 'a pack id'))
    .u8(entry.index)
    .u32(entry.generation)
    .fixed(sized(entry.root, hashBytes, 'a root'))
    .u64(entry.recordNumber)
}

function writeIssuer(writer: ByteWriter, issuer: ReceiptIssuer): void {
  writer
    .fixed(sized(issuer.nodeKey, keyBytes, 'a node key'))
    .fixed(sized(issuer.storeId, idBytes, 'a store id'))
    .u32(issuer.term)
    .u64(issuer.timeMs)
}

function forged(why: string): HoldfastError {
  return new HoldfastError('RECORD_FORGED', `Cannot take a receipt: ${why}`, {
    hint: 'The shard counts as not stored at this node',
  })
}
