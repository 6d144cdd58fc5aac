/**
 * Memory for shard bodies on their way from a socket to the disk. The block is page-aligned and begins
 * with room for the record header, so that what the socket filled is written as it is, without a copy.
 */
export interface ShardBuffer {
  /** The shard's header (128 bytes) and data: exactly what was asked for. Not zeroed. */
  readonly body: Uint8Array
  /** Room for the record header, the body, and up to the next multiple of 4,096. */
  readonly block: Uint8Array
  /** Gives the memory back; nobody may use `body` afterwards. A second call does nothing. */
  release(): void
}
