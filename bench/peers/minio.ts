/** MinIO: one process with four drives, two of them parity, synced writes. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { cleanEnvironment } from '../processes/command.ts'
import { end } from '../processes/scratch.ts'
import type { Scratch } from '../processes/scratch.ts'
import type { ServerProcess } from '../processes/usage.ts'

const drives = 4
const readyWithinMs = 60_000

/** Of this store alone, which nobody else can reach. */
export const credentials = { user: 'holdfast-bench', password: 'only for this measurement' }

export interface Minio {
  readonly address: string
  readonly servers: readonly ServerProcess[]
  stop(): Promise<void>
}

export async function startMinio(scratch: Scratch, program: string): Promise<Minio> {
  const folder = scratch.diskFolder('minio')
  const address = `127.0.0.1:${await scratch.ports(1)}`
  const places = Array.from({ length: drives }, (_, at) => join(folder, `drive-${at}`))
  const child = scratch.own(
    spawn(program, ['server', '--quiet', '--address', address, ...places], {
      env: { ...cleanEnvironment(), ...environment },
      stdio: 'ignore',
    }),
  )
  await ready(address)
  return {
    address,
    servers: [{ name: 'minio', pid: child.pid! }],
    stop: () => end(child),
  }
}

const environment = {
  MINIO_ROOT_USER: credentials.user,
  MINIO_ROOT_PASSWORD: credentials.password,
  // Lets drives be folders of the root file system
  MINIO_CI_CD: '1',
  MINIO_STORAGE_CLASS_STANDARD: 'EC:2',
  MINIO_BROWSER: 'off',
  MINIO_UPDATE: 'off',
}

async function ready(address: string): Promise<void> {
  const endMs = performance.now() + readyWithinMs
  for (;;) {
    const answer = await fetch(`http://${address}/minio/health/cluster`).catch(() => undefined)
    if (answer?.ok === true) return
    if (performance.now() > endMs) throw new Error(`MinIO does not answer on ${address}`)
    await wait(200)
  }
}
