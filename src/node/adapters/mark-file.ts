import { readFileSync } from 'node:fs'
import { writeWhole } from '../../base/adapters/write-whole.ts'
import { fromHex } from '../../base/bytes.ts'
import type { Logger } from '../../base/logger.ts'
import type { MarkKeeper } from '../heartbeat-calls.ts'

const markBytes = 16

/** The mark in a file. One that cannot be read counts as none, one that cannot be written holds until the end. */
export function markFile(path: string, logger: Logger): MarkKeeper {
  let mark = readMark(path)
  return {
    get mark() {
      return mark
    },
    keep(next) {
      mark = next
      try {
        writeWhole(path, `${next}\n`)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) throw error
        logger.warn('cannot keep the mark', { path, reason: (error as Error).message })
      }
    },
  }
}

function readMark(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return fromHex(text)?.length === markBytes ? text : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    return undefined
  }
}
