/** What one command took: time, and the processor and memory of it and of the servers it used. */
import { forgetPeak, readPeak, readProcessor } from './proc.ts'

export interface ServerProcess {
  readonly name: string
  readonly pid: number
}

export interface ServerUse {
  readonly name: string
  readonly processorSeconds: number
  readonly peakBytes: number
}

export interface Usage {
  /** Wall time of the whole command. */
  readonly seconds: number
  readonly client: { readonly processorSeconds: number; readonly peakBytes: number }
  readonly servers: readonly ServerUse[]
}

/** Takes what servers use from when it is made until `read`; those that have ended are left out. */
export class ServerMeter {
  readonly #before: readonly { readonly server: ServerProcess; readonly seconds: number }[]

  constructor(servers: readonly ServerProcess[]) {
    const alive = servers.filter(({ pid }) => readPeak(pid) !== undefined)
    for (const { pid } of alive) forgetPeak(pid)
    this.#before = alive.map((server) => ({ server, seconds: readProcessor(server.pid).own }))
  }

  read(): ServerUse[] {
    return this.#before.map(({ server: { name, pid }, seconds }) => ({
      name,
      processorSeconds: readProcessor(pid).own - seconds,
      peakBytes: readPeak(pid) ?? 0,
    }))
  }
}
