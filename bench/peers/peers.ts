/** The programs people would use instead, as far as they are installed. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Bench } from '../bench.ts'
import { startMinio } from './minio.ts'
import { openRclone } from './rclone.ts'
import { openRestic } from './restic.ts'
import type { Subject } from './subject.ts'

export interface Peers {
  readonly subjects: readonly Subject[]
  /** Names of programs that are not there. */
  readonly missing: readonly string[]
  stop(): Promise<void>
}

const none: Peers = { subjects: [], missing: [], stop: () => Promise.resolve() }

/** One MinIO with all clients that are installed; nothing when MinIO is not. */
export async function startPeers({ scratch, peersFolder }: Bench): Promise<Peers> {
  const found = (name: string): string | undefined => findProgram(name, peersFolder)
  const [server, rclone, restic] = ['minio', 'rclone', 'restic'].map(found)
  const missing = Object.entries({ minio: server, rclone, restic })
    .filter(([, path]) => path === undefined)
    .map(([name]) => name)
  if (server === undefined) return { ...none, missing }
  const minio = await startMinio(scratch, server)
  const subjects: Subject[] = []
  if (rclone !== undefined) {
    subjects.push(await openRclone(scratch, { program: rclone, minio, crypt: true }))
  }
  if (restic !== undefined) subjects.push(await openRestic(scratch, { program: restic, minio }))
  if (rclone !== undefined) {
    subjects.push(await openRclone(scratch, { program: rclone, minio, crypt: false }))
  }
  return { subjects, missing, stop: () => minio.stop() }
}

/** Its path: in `folder`, or else on PATH. */
function findProgram(name: string, folder: string): string | undefined {
  const folders = [folder, ...(process.env['PATH'] ?? '').split(delimiter)]
  return folders.map((place) => join(place, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
