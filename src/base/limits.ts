/**
 * Every limit, size, wait and count, with its unit in its name. docs/limits.md lists the same names; a test
 * compares the two. What the formats fix (docs/format.md) is marked as format: never change those.
 */
const KiB = 1024
const MiB = 1024 * KiB
const second = 1000
const minute = 60 * second
const hour = 60 * minute

export const limits = Object.freeze({
  // Formats
  chunkBytesMin: 256 * KiB,
  chunkBytesNormal: 1 * MiB,
  chunkBytesMax: 4 * MiB,
  packBytesTargetMin: 12 * MiB,
  packBytesTargetMax: 16 * MiB,
  leafBytes: 64 * KiB,
  shardAlignBytes: 64,
  pageChunksMax: 1024,
  nameBytesMax: 1024,
  linkTargetBytesMax: 4096,
  policyDataMax: 16,
  policyParityMax: 4,
  recordBytes: 512,

  // Shards and frames
  /** A pack closes before it passes its target unless it is one chunk: target + one largest chunk + list. */
  packBytesMax: 21 * MiB,
  shardBytesMax: 21 * MiB,
  framePayloadBytesMax: 64 * KiB,
  bodyFrameBytesMax: 256 * KiB,
  /** Bodies up to this size follow their put at once, in one frame. */
  eagerBodyBytesMax: 256 * KiB,
  outboxBatchBytes: 1 * MiB,
  handshakeBytesMax: 1 * KiB,
  handshakeMs: 5 * second,
  bodyStallMs: 20 * second,
  /** What all bodies of a connection together must bring in each bodyStallMs. */
  bodyStallBytesMin: 64 * KiB,
  sendStallMs: 1 * minute,
  /** How long memory of a body given up may be with a connection before that is ended. */
  bodyDropMs: 2 * second,
  connectionIdleMs: 10 * minute,
  connectionsMax: 2048,
  /** Above connectionsMax: accepted, but not yet known to the server. */
  connectionsOpeningMax: 512,
  socketReadBytes: 512 * KiB,
  connectionsPerAddressMax: 1024,
  connectionRequestsMax: 64,
  connectionRequestsWaitingMax: 4096,
  reconnectMinMs: 200,
  reconnectMaxMs: 5 * second,
  haveShardsMax: 1024,
  listShardsMax: 512,
  deleteShardsMax: 512,

  // Node store
  segmentBytes: 256 * MiB,
  groupCommitBytesMax: 16 * MiB,
  groupCommitRecordsMax: 256,
  nodeReceiveBytesMax: 64 * MiB,
  diskReserveBytes: 256 * MiB,
  gatherRecordBytesMax: 64 * KiB,
  checkpointRecords: 16_384,
  smallSegmentsMax: 8,
  openSegmentsMax: 128,
  /** Blocks of one segment that the disk cannot read, before the rest of it is given up. */
  segmentUnreadableMax: 64,
  /** From an index that could not be written to the next try. */
  checkpointRetryMs: 1 * minute,
  compactStepBytes: 8 * MiB,
  storeFailuresMax: 3,
  storeCareMs: 1 * second,
  storeWorkPauseMs: 20,
  nodeSendBytesMax: 32 * MiB,
  readChunkBytes: 1 * MiB,
  ticketsPerConnectionMax: 64,
  /** Tickets that are refused on one connection before it is ended. */
  ticketTriesMax: 16,
  ticketBudgetsMax: 65_536,
  ticketSkewMs: 30 * second,

  // Control
  controlBodyBytesMax: 8 * MiB,
  controlConnectionsMax: 2048,
  /** Of messages that need no session. */
  controlOpenBodyBytesMax: 256 * KiB,
  /** Of bodies that are being received, all connections together. */
  controlReceiveBytesMax: 64 * MiB,
  /** Bodies up to this size are received whatever else is under way. */
  controlFreeBodyBytes: 16 * KiB,
  controlAnswerBytesMax: 32 * MiB,
  /** Commas and opening brackets in a body. */
  controlTokensMax: 128 * KiB,
  controlHeaderBytesMax: 8 * KiB,
  controlReceiveMs: 30 * second,
  controlIdleMs: 60 * second,
  controlConnectionsPerAddressMax: 1024,
  controlClientConnectionsMax: 16,
  controlCloseMs: 2 * second,
  controlSkewMs: 5 * minute,
  controlTimeoutMs: 30 * second,
  controlTriesMax: 6,
  controlRetryMs: 100,
  controlRetryMaxMs: 2 * second,
  /** Requests of one session within about controlSkewMs, of all its processes. */
  sessionRequestsMax: 655_360,
  rememberedRequestsMax: 1_310_720,
  loginsMax: 1024,
  rememberedSignaturesMax: 256,
  sessionMs: 30 * 24 * hour,
  ticketMs: 10 * minute,
  /** A ticket that ends sooner is renewed before it is used. */
  ticketRenewMs: 1 * minute,
  ticketBytesMax: 1024 * 1024 * MiB,
  /** What a ticket of an account with a quota allows beyond twice what is left of that. */
  ticketSpareBytes: 256 * MiB,
  heartbeatMs: 700,
  nodeDownMs: 2200,
  uploadLeaseMs: 15 * minute,
  commitOperationsMax: 1024,
  commitChunksMax: 8192,
  registerPacksMax: 64,
  /** Between the beginnings of two registrations of one put. */
  registerPauseMs: 100,
  registerChunksMax: 8192,
  feedCommitsMax: 256,
  feedBytesMax: 4 * MiB,
  feedLagMax: 4096,
  vaultMembersMax: 512,
  keyGenerationsMax: 120,
  knownChunksMax: 4096,
  lookupVersionsMax: 512,
  lookupPagesMax: 512,
  lookupChunksMax: 8192,
  lookupShardsMax: 32_768,
  /** Of one answer on the health of a vault: the next goes on behind. */
  healthEntriesMax: 32_768,
  healthChunksMax: 262_144,
  placeValidMs: 10 * minute,
  accountNameBytesMax: 64,
  vaultsPerAccountMax: 256,
  passwordBytesMax: 1024,

  // Catalogue
  catalogueQueueMax: 4096,
  catalogueGroupMax: 256,
  catalogueGroupMs: 20,
  catalogueUnitRows: 2048,
  sqliteBusyMs: 5 * second,
  folderDepthMax: 512,
  uploadPacksPerUnit: 1024,
  suspectsPerUnit: 64,

  // Log-in tries
  freeTries: 5,
  /** Accounts made from one source before it must wait. */
  signupsFree: 64,
  /** From the beginning of a sign-up to its end. */
  signupMs: 10 * minute,
  tryDelayMs: 1 * second,
  tryDelayMaxMs: 5 * minute,
  loginMs: 1 * minute,
  tryForgetMs: 1 * hour,

  // Waiting
  stallMinMs: 2 * second,
  repairGraceMs: 15 * second,
  connectMs: 3 * second,
  shardRequestMs: 30 * second,
  reserveAfterMs: 300,
  reserveLatestMs: 2 * second,
  /** Of the time such a read usually takes: then others are asked, if it is over reserveLatestMs. */
  reserveUsualTimes: 4,
  clockJumpMaxMs: 1 * hour,
  /** After a jump: nothing is collected. */
  clockJumpRestMs: 1 * hour,

  // Collection
  collectGraceMs: 1 * hour,
  /** How long nodes are told the same mark. */
  markPeriodMs: 5 * minute,
  markKeptMs: 90 * 24 * hour,
  collectShardsMax: 10_000,
  collectBatchMax: 512,
  collectPeriodMs: 1 * minute,
  /** Strangers of one node that are deleted though they are more than half of its shards. */
  collectFewShards: 64,
  purgeRowsMax: 2048,
  trashMs: 24 * hour,
  retentionMs: 30 * 24 * hour,

  // Healing
  healPacksMax: 2,
  healScanPacksMax: 64,
  healPeriodMs: 500,
  healIdleMaxMs: 8 * second,
  /** How many times as long as a search that found nothing possible the healer rests, up to healRestMaxMs. */
  healRestTimes: 20,
  healRestMaxMs: 2 * minute,
  healRangeBytes: 256 * KiB,
  /** Of one message. */
  suspectShardsMax: 256,
  /** That wait to be read by the coordinator. */
  suspectsWaitingMax: 4096,
  malformedPacksMax: 4096,
  censusPeriodMs: 24 * hour,
  /** Of a node whose census failed, while others are counted. */
  censusRestMs: 10 * second,
  probePeriodMs: 5 * second,
  /** How long a node that came back need not be known to clients: its zone may have no shard of a pack. */
  zoneGraceMs: 1 * minute,

  // Client
  /** How long a node that failed is asked last; doubled while it goes on, up to nodeDistrustMaxMs. */
  nodeDistrustMs: 5 * second,
  nodeDistrustMaxMs: 1 * minute,
  clusterRefreshMs: 5 * second,
  /** Different errors that a command tells one by one. */
  troublesMax: 1000,
  knownAskBytesMin: 64 * KiB,
  readAheadBytesMax: 32 * MiB,
  readSlotsBytes: 48 * MiB,
  spareSlotsBytes: 48 * MiB,
  runBytesMax: 6 * MiB,
  packsUnderWayMax: 16,
  /**
   * Starting a thread costs as much processor time as sealing 100 MiB: up to so much work is done in the
   * thread that asks.
   */
  lightWorkBytes: 2 * MiB,
  changedReadsMax: 3,
  /** Of one file: reads to send again what was collected meanwhile. */
  resendsMax: 4,
  windowBytes: 6 * MiB,
  windowsBytes: 24 * MiB,
  packSlotsBytes: 48 * MiB,
  largeFilesMax: 2,
  batchFilesFirst: 128,
  batchFilesMax: 512,
  /** Of a local folder, with room for names in it: systems take 4096. */
  localPathBytes: 3072,
  heldFoldersMax: 256,
  /** When the vault has one in so many bytes of a batch, the batch is made anew without them. */
  batchKnownPart: 8,
  batchGetFilesMax: 2048,
  /** Folders that are held open for the files of one batch. */
  batchGetFoldersMax: 64,
  lateSendMs: 3 * second,
  uploadCloseMs: 2 * second,
  /** Choices of k shards that a read of damaged bytes tries before it finds out which are wrong. */
  recoverGuessesMax: 32,
  /** And afterwards, when that was of no use. */
  recoverTriesMax: 256,
  /** Since it was last written: then a temporary file of a get was left behind. */
  partStaleMs: 1 * hour,
  /** Times of files may stand still for so long. */
  fileTickMs: 20,
  pageBytesHeldMax: 512 * KiB,
  sentChunksMax: 65_536,
  vaultNameBytesMax: 64,
  indexBusyMs: 10 * second,
  indexSliceEntriesMax: 512,
  /** Of one chunk list: longer ones are staged. */
  inlinePagesMax: 8,
  stagePagesMax: 8,
  commitTriesMax: 64,
  /** Times the refusals so far: what others that commit to the same paths are given before the next try. */
  commitPauseMs: 50,
  commitPauseMaxMs: 1 * second,
  commitBytesMax: 4 * MiB,

  // Supervision
  restartDelayMs: 200,
  restartDelayMaxMs: 30 * second,
  restartStableMs: 30 * second,
  processReadyMs: 30 * second,
  processEndMs: 10 * second,
  portsFreeMs: 3 * second,
  gridStartMs: 20 * second,
  crashLogBytesMax: 1 * MiB,
})

export type Limits = typeof limits
