/** Where things are in the home folder: what to back up, and what a thief of one part would have. */

/** Of the folder's layout. A newer one is refused. */
export const homeVersion = 1

export interface HomePaths {
  readonly root: string
  /** Number of the layout. */
  readonly version: string
  /** Held by the `up` that runs. */
  readonly lock: string
  /** There while an `up` runs, and after one that did not end politely. */
  readonly running: string
  /** Read when there is no `--config`. */
  readonly config: string
  readonly coordinator: string
  readonly nodes: string
  readonly client: string
  /** What clients of this machine know of its grid. */
  readonly grid: string
  /** Password of the account `local`. */
  readonly localPassword: string
}

export function homePaths(root: string): HomePaths {
  return Object.freeze({
    root,
    version: `${root}/version`,
    lock: `${root}/lock`,
    running: `${root}/running`,
    config: `${root}/config.toml`,
    coordinator: `${root}/coordinator`,
    nodes: `${root}/nodes`,
    client: `${root}/client`,
    grid: `${root}/client/grid.json`,
    localPassword: `${root}/client/local-password`,
  })
}

/** Names that a home may hold: a folder with anything else in it is not taken for one. */
export const homeNames: ReadonlySet<string> = new Set([
  'version',
  'lock',
  'running',
  'config.toml',
  'coordinator',
  'nodes',
  'gateway',
  'client',
])

/** The platform's folder for data of programs. */
export function defaultHome(
  platform: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const user = environment['HOME']
  const shared = environment['XDG_DATA_HOME']
  if (platform === 'darwin') return user && `${user}/Library/Application Support/holdfast`
  if (shared?.startsWith('/')) return `${shared}/holdfast`
  return user && `${user}/.local/share/holdfast`
}

/** What `up` tells the clients of this machine. */
export interface GridFile {
  readonly coordinator: string
  /** Hex. */
  readonly coordinatorIdentity: string
}
