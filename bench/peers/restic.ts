import { measure, run } from '../processes/command.ts'
import type { Scratch } from '../processes/scratch.ts'
import type { Usage } from '../processes/usage.ts'
import { credentials } from './minio.ts'
import type { Minio } from './minio.ts'
import type { Subject } from './subject.ts'

/** restic to MinIO: its cache is in memory. */
export async function openRestic(
  scratch: Scratch,
  { program, minio }: { readonly program: string; readonly minio: Minio },
): Promise<Subject> {
  const environment = {
    AWS_ACCESS_KEY_ID: credentials.user,
    AWS_SECRET_ACCESS_KEY: credentials.password,
    RESTIC_REPOSITORY: `s3:http://${minio.address}/restic`,
    RESTIC_PASSWORD: credentials.password,
    RESTIC_CACHE_DIR: scratch.memoryFolder('restic-cache'),
  }
  const call = { program, environment }
  const used = async (...line: string[]): Promise<Usage> =>
    await measure(scratch, { ...call, line }, minio.servers)
  const backup = (source: string, name: string): Promise<Usage> =>
    used('backup', '--quiet', '--tag', name, source)
  await run(scratch, { ...call, line: ['init'] })
  return {
    name: 'restic, MinIO',
    encrypts: true,
    putFile: ({ source, name }) => backup(source, name),
    getFile: ({ source, name }) => used('dump', '--tag', name, 'latest', source),
    putFolder: ({ source, name }) => backup(source, name),
    getFolder: ({ name }, target) =>
      used('restore', '--quiet', '--tag', name, 'latest', '--target', target),
    stop: () => Promise.resolve(),
  }
}
