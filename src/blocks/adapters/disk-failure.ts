import { HoldfastError, type ErrorCode } from '../../base/errors.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EFBIG: 'NO_SPACE',
  EROFS: 'READ_ONLY',
  EACCES: 'READ_ONLY',
  EPERM: 'READ_ONLY',
  ENOENT: 'NOT_FOUND',
  ENODEV: 'DISK_GONE',
  ENXIO: 'DISK_GONE',
  ESTALE: 'DISK_GONE',
  // Says nothing of the disk: what could not be read now is not damaged
  EMFILE: 'BUSY',
  ENFILE: 'BUSY',
  ENOMEM: 'BUSY',
}

/** A failure of the operating system as the disk's contract names it; others as they are. */
export function diskFailure(action: string, cause: unknown): unknown {
  const code = codes[systemCode(cause) ?? '']
  if (code === undefined) return cause
  const message = `Cannot ${action}: ${cause instanceof Error ? cause.message : String(cause)}`
  return new HoldfastError(code, message, { cause })
}

/** `ENOSPC` and the like; undefined for other errors. */
export function systemCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined
  return typeof cause.code === 'string' ? cause.code : undefined
}
