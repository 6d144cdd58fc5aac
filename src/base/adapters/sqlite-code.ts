/** Primary result codes of SQLite that mean something to us. */
export const sqliteCodes = Object.freeze({
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notDatabase: 26,
})

/** That of what node:sqlite threw; undefined for other errors. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode } = error as { readonly errcode?: unknown }
  return error instanceof Error && typeof errcode === 'number' ? errcode & 0xff : undefined
}
