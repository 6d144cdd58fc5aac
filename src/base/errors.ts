/**
 * The one error class, and the one table that says what each code means to a user. docs/errors.md lists
 * the same codes; a test compares the two.
 */

/** What a code means outside: HTTP status, exit code of the command line, whether trying again can help. */
export interface ErrorKind {
  readonly status: number
  readonly exit: number
  readonly retry: boolean
  readonly help: string
}

function kind(status: number, exit: number, retry: boolean, help: string): ErrorKind {
  return Object.freeze({ status, exit, retry, help })
}

export const errorKinds = Object.freeze({
  // 1: a defect of ours
  INTERNAL: kind(500, 1, false, 'This is a defect: please report it with the log'),

  // 2: wrong use
  BAD_USAGE: kind(400, 2, false, 'See the help of this command'),
  BAD_LOCATION: kind(400, 2, false, 'Write VAULT:/PATH for a vault, ./NAME for a local file'),
  BAD_CONFIG: kind(400, 2, false, 'Correct the named key in the named file'),
  BAD_NAME: kind(400, 2, false, 'Choose another name'),
  BAD_POLICY: kind(400, 2, false, 'Choose a policy that the nodes of this grid can hold'),
  NOT_IN_THIS_VERSION: kind(400, 2, false, 'See holdfast --help for what there is'),
  MALFORMED: kind(400, 2, false, 'The other side sent something this version cannot read'),
  VERSION_UNSUPPORTED: kind(400, 2, false, 'Update the older of the two programs'),

  // 3: no such thing
  NOT_FOUND: kind(404, 3, false, 'See holdfast ls for what there is'),
  VAULT_NOT_FOUND: kind(404, 3, false, 'See holdfast vault list for what there is'),

  // 4: exists already, changed meanwhile, conflict
  EXISTS: kind(409, 4, false, 'Choose another name, or remove what is there'),
  NAME_TAKEN: kind(409, 4, false, 'Choose another account name'),
  KIND_CONFLICT: kind(
    409,
    4,
    false,
    'A file cannot replace a folder, nor a folder a file: move one away',
  ),
  CHANGED: kind(409, 4, true, 'Run the command again'),
  CHUNKS_MISSING: kind(
    409,
    4,
    true,
    'The client sends the chunks that are named, and commits again',
  ),
  PACK_DEAD: kind(409, 4, true, 'The client sends the pack again under a new id'),
  PORT_IN_USE: kind(409, 4, false, 'End what uses the port, or choose another one'),
  FOLDER_NOT_EMPTY: kind(409, 4, false, 'Add -r to remove a folder with what is in it'),

  // 5: locked by someone
  HOME_IN_USE: kind(423, 5, false, 'Another process uses this folder: end it first'),

  // 6: refused
  LOGIN_REFUSED: kind(401, 6, false, 'Check account and password'),
  TRY_LATER: kind(429, 6, true, 'Wait, then try again'),
  NOT_LOGGED_IN: kind(401, 6, false, 'Run holdfast login NAME first'),
  FORBIDDEN: kind(403, 6, false, 'This account may not do that'),
  SIGNUP_CLOSED: kind(403, 6, false, 'Ask the operator of this grid to add the account'),
  UNREADABLE: kind(403, 6, false, 'Check the permissions of the named file'),
  TICKET_REFUSED: kind(403, 6, true, 'The client asks for a new ticket'),
  IDENTITY_MISMATCH: kind(403, 6, false, 'Someone else answers at this address: check who'),
  HOME_TOO_NEW: kind(
    403,
    6,
    false,
    'Use the version of holdfast that made this home, or a newer one',
  ),

  // 7: unavailable
  COORDINATOR_UNREACHABLE: kind(
    503,
    7,
    true,
    'Start the grid with holdfast up, or check the address',
  ),
  NODE_UNREACHABLE: kind(503, 7, true, 'See holdfast status for what is up'),
  TOO_FEW_NODES: kind(503, 7, true, 'Bring nodes back; see holdfast status'),
  CONNECTION_LOST: kind(
    503,
    7,
    true,
    'Run the command again: what was registered is not sent twice',
  ),
  TIMED_OUT: kind(504, 7, true, 'Run the command again'),
  BUSY: kind(503, 7, true, 'Wait a moment, then try again'),
  READ_ONLY: kind(503, 7, true, 'The disk of the node refuses writes: see its log'),
  DISK_GONE: kind(503, 7, true, 'The disk of the node vanished: mount it again'),
  TERM_OLD: kind(503, 7, false, 'This coordinator was replaced by a newer one'),

  // 8: integrity
  CORRUPT: kind(500, 8, false, 'The bytes differ from their checksum: nothing was given out'),
  LOST: kind(500, 8, false, 'Fewer shards than needed exist: restore the file from elsewhere'),
  FEED_FORKED: kind(
    500,
    8,
    false,
    'The coordinator shows another history than before: do not trust it',
  ),
  RECORD_FORGED: kind(
    500,
    8,
    false,
    'A record was not made by its owner: do not trust the coordinator',
  ),

  // 9: no space
  NO_SPACE: kind(507, 9, true, 'Free some space, or add a node'),
  OVER_QUOTA: kind(507, 9, false, 'Remove files, or ask the operator for more'),
  OVER_LIMIT: kind(413, 9, false, 'Split the work into smaller parts'),

  // 130
  INTERRUPTED: kind(499, 130, true, 'Run the command again to go on'),
} satisfies Record<string, ErrorKind>)

export type ErrorCode = keyof typeof errorKinds

export interface ErrorOptionsWithDetails {
  readonly cause?: unknown
  /** Replaces the help of the table where the next step is known more exactly. */
  readonly hint?: string
  /** Machine-readable values: plain JSON. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Every failure that a caller may meet. The message says the action and the values, the hint the next step. */
export class HoldfastError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'HoldfastError'
    this.code = code
    this.hint = options.hint ?? errorKinds[code].help
    this.details = Object.freeze({ ...options.details })
  }
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorKinds, text)
}

/** Whether `error` is ours, with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is HoldfastError {
  return error instanceof HoldfastError && error.code === code
}

export interface ErrorJson {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** What crosses the wire and what `--json` prints. Unknown errors become INTERNAL. */
export function errorToJson(error: unknown): ErrorJson {
  const known =
    error instanceof HoldfastError
      ? error
      : new HoldfastError('INTERNAL', error instanceof Error ? error.message : String(error))
  const { code, message, hint, details } = known
  return Object.keys(details).length > 0
    ? { code, message, hint, details }
    : { code, message, hint }
}

/**
 * The reverse, of what another program says: a line each, so that none passes for several. A code that this
 * version does not know becomes INTERNAL and keeps its message.
 */
export function errorFromJson(json: {
  code: string
  message: string
  hint?: string | undefined
  details?: Record<string, unknown> | undefined
}): HoldfastError {
  const options: { hint?: string; details?: Record<string, unknown> } = {}
  const message = oneLine(json.message)
  if (json.hint !== undefined) options.hint = oneLine(json.hint)
  if (json.details !== undefined) options.details = json.details
  if (isErrorCode(json.code)) return new HoldfastError(json.code, message, options)
  return new HoldfastError('INTERNAL', `${oneLine(json.code)}: ${message}`, options)
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\u0085\u2028\u2029]+/g, ' ')
}
