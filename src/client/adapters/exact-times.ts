/**
 * Times of files to the nanosecond, through the system's own functions: node:fs takes seconds as one floating
 * point number, which tells times of our days apart only to some hundred nanoseconds. Rests on node:ffi, which
 * is experimental: where it is not there, or does not set the time it was told, node:fs is what remains.
 */
import { fstatSync, lstatSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { withFfi, type Ffi } from '../../base/adapters/ffi.ts'
import type { FileTime } from '../engine/local-files.ts'

export interface ExactTimes {
  /** Whether it was set. When not, node:fs may do it, or tells why not. */
  setOpen(handle: number, modified: FileTime): boolean
  /** The same of what has this path, of a link itself. */
  setPath(path: Uint8Array, modified: FileTime): boolean
}

const signatures = Object.freeze({
  futimens: { return: 'int32', arguments: ['int32', 'pointer'] },
  utimensat: { return: 'int32', arguments: ['int32', 'pointer', 'pointer', 'int32'] },
})

/** Values of AT_FDCWD and AT_SYMLINK_NOFOLLOW, where a time is two numbers of 64 bits. */
const systems: Readonly<Record<string, { readonly here: number; readonly noFollow: number }>> = {
  linux: { here: -100, noFollow: 0x100 },
  darwin: { here: -2, noFollow: 0x20 },
}
const architectures = new Set(['x64', 'arm64'])

const nanosecondsPerSecond = 1_000_000_000n
/** File systems keep times as coarse as this. */
const coarsestNanoseconds = 2n * nanosecondsPerSecond

/** Undefined where it cannot be used. Each thread loads its own. */
export function loadExactTimes(): ExactTimes | undefined {
  const system = systems[process.platform]
  if (!system || !architectures.has(process.arch)) return undefined
  return withFfi((ffi) => new FfiTimes(ffi, system))
}

type Functions = ReturnType<Ffi['dlopen']>['functions']

class FfiTimes implements ExactTimes {
  readonly #ffi: Ffi
  readonly #functions: Functions
  readonly #system: { readonly here: number; readonly noFollow: number }
  /** Time of access, time of modification: seconds and nanoseconds of each. */
  readonly #times = new BigInt64Array(4)
  readonly #timesBytes = new Uint8Array(this.#times.buffer)
  /** By the first time that was set: whether the system has understood it. */
  #isRight: boolean | undefined

  constructor(ffi: Ffi, system: { readonly here: number; readonly noFollow: number }) {
    this.#ffi = ffi
    this.#system = system
    this.#functions = ffi.dlopen(null, signatures).functions
  }

  setOpen(handle: number, modified: FileTime): boolean {
    if (this.#isRight === false) return false
    const done = this.#functions['futimens']!(handle, this.#timesAt(modified)) === 0
    return done && this.#proved(modified, () => fstatSync(handle, { bigint: true }))
  }

  setPath(path: Uint8Array, modified: FileTime): boolean {
    if (this.#isRight === false) return false
    const { here, noFollow } = this.#system
    const ended = Buffer.concat([path, Uint8Array.of(0)])
    const pathAt = this.#ffi.getRawPointer(ended)
    const { utimensat } = this.#functions
    const done = utimensat!(here, pathAt, this.#timesAt(modified), noFollow) === 0
    return done && this.#proved(modified, () => lstatSync(Buffer.from(path), { bigint: true }))
  }

  #timesAt({ seconds, nanoseconds }: FileTime): bigint {
    this.#times.fill(BigInt(seconds))
    this.#times[1] = BigInt(nanoseconds)
    this.#times[3] = BigInt(nanoseconds)
    return this.#ffi.getRawPointer(this.#timesBytes)
  }

  #proved({ seconds, nanoseconds }: FileTime, look: () => BigIntStats): boolean {
    if (this.#isRight === undefined) {
      const wanted = BigInt(seconds) * nanosecondsPerSecond + BigInt(nanoseconds)
      const off = look().mtimeNs - wanted
      this.#isRight = off < coarsestNanoseconds && off > -coarsestNanoseconds
    }
    return this.#isRight
  }
}
