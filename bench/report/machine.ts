/** Where it was measured. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly node: string
  readonly fileSystem: string
  readonly commit: string
  /** When it began: how many programs wanted the processor in the last minute. */
  readonly load: number
  readonly time: string
}

/** `folder`: on the file system that is measured. */
export function describeMachine(folder: string): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    fileSystem: fileSystemOf(readFileSync('/proc/mounts', 'utf8'), resolve(folder)),
    commit: commitOf(),
    load: loadavg()[0]!,
    time: new Date().toISOString(),
  }
}

/** Type and device of the longest mount point that holds the path, from the text of /proc/mounts. */
export function fileSystemOf(mounts: string, path: string): string {
  const holding = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, place = '']) => isWithin(path, place))
    .toSorted(([, left = ''], [, right = '']) => left.length - right.length)
  const [device, , type] = holding.at(-1) ?? []
  return type === undefined ? 'unknown' : `${type} on ${device}`
}

function isWithin(path: string, place: string): boolean {
  if (place === '') return false
  return place === '/' || path === place || path.startsWith(`${place}/`)
}

function commitOf(): string {
  if (!existsSync(join(root, '.git'))) return 'unknown'
  const git = (...line: string[]): string =>
    execFileSync('git', ['-C', root, ...line], { encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
  return git('rev-parse', '--short', 'HEAD') + (changed ? ' with changes' : '')
}
