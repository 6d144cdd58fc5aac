/** Sessions as files in `HOME/client/sessions`: NAME.json, and `.chosen` with the name of the last log-in. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from '../../base/adapters/write-whole.ts'
import { HoldfastError } from '../../base/errors.ts'
import { fromHex, toHex, utf8, utf8ToText } from '../../base/bytes.ts'
import { fixedBytes, count, id } from '../../wire/schema.ts'
import type { SessionStore, StoredSession } from '../session.ts'

const key = fixedBytes(32)
const schema = z.object({
  version: z.literal(1),
  account: id,
  name: z.string().min(1),
  session: id,
  macKey: key,
  signingSeed: key,
  boxKey: key,
  gridId: id,
  coordinatorKey: key,
  address: z.string().min(1),
  term: count,
  expiresMs: count,
})
const chosenFile = '.chosen'

/** `folder` is `HOME/client/sessions`; it is made when the first session is saved. */
export function homeSessions(folder: string): SessionStore {
  const pathOf = (name: string): string => join(folder, `${fileName(name)}.json`)
  return {
    names() {
      return filesIn(folder).flatMap(nameOf).toSorted()
    },
    load(name) {
      const wanted = name ?? readIfThere(join(folder, chosenFile))
      const text = wanted === undefined ? undefined : readIfThere(pathOf(wanted))
      return text === undefined ? undefined : parse(text, pathOf(wanted!))
    },
    save(session, { chosen }) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const text = JSON.stringify(z.encode(schema, { version: 1, ...session }), undefined, 2)
      save(pathOf(session.name), `${text}\n`)
      if (chosen) save(join(folder, chosenFile), session.name)
    },
    remove(name) {
      rmSync(pathOf(name), { force: true })
      if (readIfThere(join(folder, chosenFile)) === name) {
        rmSync(join(folder, chosenFile), { force: true })
      }
    },
  }
}

/** Another file of the client's folder has this name. */
const otherFile = 'grid'

/** Account names are any text: what is not plain goes as hex, so that no two meet and none leaves the folder. */
function fileName(name: string): string {
  const isPlain = /^[a-z0-9][a-z0-9._@-]{0,63}$/.test(name) && name !== otherFile
  return isPlain ? name : `=${toHex(utf8(name))}`
}

/** The reverse; nothing for other files. */
function nameOf(file: string): string[] {
  const base = file.endsWith('.json') ? file.slice(0, -5) : otherFile
  const bytes = base.startsWith('=') ? fromHex(base.slice(1)) : undefined
  const name = bytes ? utf8ToText(bytes) : base
  return name !== base || (base !== otherFile && fileName(name) === base) ? [name] : []
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    throw new HoldfastError('UNREADABLE', `Cannot read ${folder}`, { cause: error })
  }
}

function parse(text: string, path: string): StoredSession {
  const version = versionOf(text)
  if (version !== undefined && version > 1) {
    throw new HoldfastError(
      'VERSION_UNSUPPORTED',
      `Cannot use ${path}: its version is ${version}, this program knows 1`,
    )
  }
  try {
    const { version: _, ...session } = z.decode(schema, JSON.parse(text) as never)
    return session
  } catch (error) {
    throw new HoldfastError('MALFORMED', `Cannot read the session in ${path}`, {
      cause: error,
      hint: `Remove ${path}, then log in again`,
    })
  }
}

function versionOf(text: string): number | undefined {
  try {
    const { version } = JSON.parse(text) as { version?: unknown }
    return typeof version === 'number' ? version : undefined
  } catch {
    return undefined
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    throw new HoldfastError('UNREADABLE', `Cannot read ${path}`, { cause: error })
  }
}

/** Two commands may log in at once. */
function save(path: string, text: string): void {
  writeWhole(path, text, `${path}.${process.pid}.new`)
}
