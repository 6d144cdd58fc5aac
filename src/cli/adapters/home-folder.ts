/** The home folder on this machine. What it holds is its owner's alone: folders 0700, files 0600. */
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { HoldfastError } from '../../base/errors.ts'
import type { HomePaths } from '../home.ts'
import { homeNames, homePaths, homeVersion } from '../home.ts'
import { writeWhole } from '../../base/adapters/write-whole.ts'
import { systemReason } from './system-reason.ts'

/** Makes it when it is not there. Throws HOME_TOO_NEW, or BAD_USAGE for a folder of something else. */
export function openHome(root: string): HomePaths {
  const paths = homePaths(root)
  makeFolder(root)
  const version = readText(paths.version)
  if (version !== undefined) checkVersion(root, version)
  else {
    const strange = readdirSync(root).find(
      (name) => !homeNames.has(name) && !/^\.|\.new$/.test(name),
    )
    if (strange !== undefined) throw notHome(root, strange)
    writeWhole(paths.version, `${homeVersion}\n`)
  }
  return paths
}

function checkVersion(root: string, text: string): void {
  const version = Number(/^(\d{1,9})\n?$/.exec(text)?.[1])
  if (version >= 1 && version <= homeVersion) return
  if (version > homeVersion) {
    const known = `this one knows layout ${homeVersion}, the folder has layout ${version}`
    throw new HoldfastError('HOME_TOO_NEW', `A newer version of holdfast made ${root}: ${known}`)
  }
  throw new HoldfastError('CORRUPT', `The file ${root}/version does not hold a number`, {
    hint: `Write ${homeVersion} into it if this is the home of a grid`,
  })
}

function notHome(root: string, strange: string): HoldfastError {
  const message = `The folder ${root} is no home of holdfast: it holds ${JSON.stringify(strange)}`
  return new HoldfastError('BAD_USAGE', message, {
    hint: 'Name an empty or a new folder with --home',
  })
}

/** With its parents. Throws BAD_USAGE when it cannot be made. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new HoldfastError(
      'UNREADABLE',
      `Cannot make the folder ${path}: ${systemReason(error as NodeJS.ErrnoException)}`,
      {
        cause: error,
        hint: 'Choose another folder, or correct its permissions',
      },
    )
  }
}

/** Undefined when there is no such file. UNREADABLE. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === undefined) throw error
    const reason = systemReason(error as NodeJS.ErrnoException)
    throw new HoldfastError('UNREADABLE', `Cannot read ${path}: ${reason}`, {
      cause: error,
      ...(code === 'EISDIR' && { hint: 'Name a file' }),
    })
  }
}
