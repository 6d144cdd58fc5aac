/** Everything a measurement makes and starts: folders and programs, gone when it ends, however it ends. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memoryRoot = '/dev/shm'
const politeMs = 10_000

export interface ScratchOptions {
  /** Where grids keep their shards: the file system that is measured. */
  readonly folder?: string | undefined
  /** The first port that may be used. */
  readonly port: number
}

export class Scratch {
  /** On the disk that is measured. */
  readonly disk: string
  /** Backed by memory, where the machine has such a folder. */
  readonly memory: string
  readonly #port: number
  readonly #running = new Set<ChildProcess>()
  #names = 0

  constructor({ folder = tmpdir(), port }: ScratchOptions) {
    this.disk = mkdtempSync(join(folder, 'holdfast-bench-'))
    this.memory = mkdtempSync(join(existsSync(memoryRoot) ? memoryRoot : folder, 'holdfast-bench-'))
    this.#port = port
  }

  /** A new, empty folder on the disk. */
  diskFolder(name: string): string {
    return this.#folder(this.disk, name)
  }

  /** A new, empty folder in memory. */
  memoryFolder(name: string): string {
    return this.#folder(this.memory, name)
  }

  /** Ends with the scratch if it does not end before. */
  own(child: ChildProcess): ChildProcess {
    this.#running.add(child)
    child.once('close', () => this.#running.delete(child))
    return child
  }

  /** The first of `count` neighbouring ports that nobody uses. */
  async ports(count: number): Promise<number> {
    for (let first = this.#port; first + count <= 65_536; first += count) {
      const wanted = Array.from({ length: count }, (_, at) => first + at)
      if ((await Promise.all(wanted.map(isFree))).every(Boolean)) return first
    }
    throw new Error(`No ${count} free ports from ${this.#port} on: name others with --port`)
  }

  /** Ends all programs and removes all folders. */
  async clear(): Promise<void> {
    await Promise.all([...this.#running].map(end))
    for (const folder of [this.disk, this.memory]) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    }
  }

  #folder(root: string, name: string): string {
    this.#names += 1
    const folder = join(root, `${name}-${this.#names}`)
    mkdirSync(folder)
    return folder
  }
}

/** Politely, then less so. Resolves when it has ended. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), politeMs)
  await ended
  clearTimeout(patience)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
