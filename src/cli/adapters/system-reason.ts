/** Of what the system failed with, in words: `no such file or directory`. */
export function systemReason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'there is a file in its place'
  return /^\w+: ([^,]*)/.exec(message)?.[1] ?? message
}
