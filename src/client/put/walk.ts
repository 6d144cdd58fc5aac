import { compareBytes, concatBytes, utf8 } from '../../base/bytes.ts'
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { LocalFiles, LocalKind } from '../engine/local-files.ts'
import type { Path } from '../tree/path.ts'
import type { HeldFolders } from './held-folders.ts'
import type { PutItem } from './put-item.ts'

const slash = utf8('/')

export interface WalkStart {
  readonly path: Uint8Array
  readonly to: Path
  /** Of the put that walks; without it no deeper than the system has paths. */
  readonly held?: HeldFolders | undefined
}

/**
 * Everything at and below a local path, folders before what is in them, names in byte order. Links are
 * taken as links; what is neither file, folder nor link is refused; what is not there or cannot be listed
 * has failed, and the rest goes on.
 */
export function* walk(files: LocalFiles, { path, to, held }: WalkStart): Generator<PutItem> {
  try {
    const stat = files.statPath(path)
    if (stat === undefined) throw noSuchPath(path)
    if (stat.kind === 'file' || stat.kind === 'link') yield { kind: stat.kind, path, to, stat }
    else if (stat.kind === 'folder') {
      // Of one that cannot be listed nothing is stored: it would come back as if it had been empty.
      const folder = held?.shortened(path) ?? path
      const names = joined(files.listFolder(folder).toSorted(compareBytes))
      if (to.length > 0) yield { kind: 'folder', to, stat }
      yield* walkFolder(files, { path: folder, to, held, names })
    } else yield refused(to, stat.kind)
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    yield { kind: 'refused', to, state: 'failed', error: errorToJson(error) }
  }
}

interface JoinedNames {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
}

function* walkFolder(
  files: LocalFiles,
  { path, to, held, names }: WalkStart & { readonly names: JoinedNames },
): Generator<PutItem> {
  const prefix = path.at(-1) === slash[0] ? path : concatBytes([path, slash])
  let at = 0
  for (const end of names.ends) {
    const name = names.bytes.slice(at, end)
    at = end
    yield* walk(files, { path: concatBytes([prefix, name]), to: [...to, name], held })
  }
}

/** A folder may hold very many names, and all wait while it is walked: as one array they need little memory. */
function joined(names: readonly Uint8Array[]): JoinedNames {
  const ends = new Uint32Array(names.length)
  let end = 0
  for (const [at, name] of names.entries()) {
    end += name.length
    ends[at] = end
  }
  return { bytes: concatBytes(names), ends }
}

function refused(to: Path, kind: LocalKind): PutItem {
  const error = new HoldfastError('UNREADABLE', `It is a ${kind}`, {
    hint: 'Only files, folders and links are kept',
  })
  return { kind: 'refused', to, state: 'skipped', error: errorToJson(error) }
}

/** On this machine. */
export function noSuchPath(path: Uint8Array): HoldfastError {
  return new HoldfastError('NOT_FOUND', `There is no ${text(path)} on this machine`, {
    hint: 'Check the path',
  })
}

function text(path: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(path))
}
