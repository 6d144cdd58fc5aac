import { join } from 'node:path'
import { measure, run } from '../processes/command.ts'
import type { Scratch } from '../processes/scratch.ts'
import type { Usage } from '../processes/usage.ts'
import { credentials } from './minio.ts'
import type { Minio } from './minio.ts'
import type { Subject } from './subject.ts'

/** Small files at a time: what makes rclone fastest here. */
const transfers = ['--transfers', '16']

/** rclone to MinIO, as it is or through its encrypting remote. */
export async function openRclone(
  scratch: Scratch,
  options: { readonly program: string; readonly minio: Minio; readonly crypt: boolean },
): Promise<Subject> {
  const { program, minio, crypt } = options
  const bucket = crypt ? 'crypt' : 'plain'
  const environment = {
    ...s3Environment(minio),
    ...(crypt ? await cryptEnvironment(scratch, { program, bucket }) : {}),
  }
  const call = { program, environment }
  const used = async (...line: string[]): Promise<Usage> =>
    await measure(scratch, { ...call, line }, minio.servers)
  const place = (name: string): string => (crypt ? `sealed:${name}` : `store:${bucket}/${name}`)
  await run(scratch, { ...call, line: ['mkdir', `store:${bucket}`] })
  return {
    name: crypt ? 'rclone crypt, MinIO' : 'rclone plain, MinIO',
    encrypts: crypt,
    putFile: ({ source, name }) => used('copyto', source, place(name)),
    getFile: ({ name }) => used('cat', place(name)),
    putFolder: ({ source, name }) =>
      used('copy', ...transfers, '--no-check-dest', source, place(name)),
    getFolder: ({ name }, target) => used('copy', ...transfers, place(name), join(target, name)),
    stop: () => Promise.resolve(),
  }
}

function s3Environment({ address }: Minio): Record<string, string> {
  return {
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_STORE_TYPE: 's3',
    RCLONE_CONFIG_STORE_PROVIDER: 'Minio',
    RCLONE_CONFIG_STORE_ACCESS_KEY_ID: credentials.user,
    RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY: credentials.password,
    RCLONE_CONFIG_STORE_ENDPOINT: `http://${address}`,
    RCLONE_S3_CHUNK_SIZE: '16M',
    RCLONE_S3_UPLOAD_CONCURRENCY: '4',
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
  }
}

async function cryptEnvironment(
  scratch: Scratch,
  { program, bucket }: { readonly program: string; readonly bucket: string },
): Promise<Record<string, string>> {
  const obscured = await run(scratch, { program, line: ['obscure', credentials.password] })
  return {
    RCLONE_CONFIG_SEALED_TYPE: 'crypt',
    RCLONE_CONFIG_SEALED_REMOTE: `store:${bucket}`,
    RCLONE_CONFIG_SEALED_PASSWORD: obscured.trim(),
  }
}
