import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import {
  openInlineCatalogue,
  openSqliteDatabase,
  type InlineCatalogue,
  type SqliteDatabase,
} from '../../../catalogue/adapters/open-inline.ts'
import { openSqliteCatalogue } from '../../../catalogue/adapters/sqlite-worker.ts'
import { createNativePrimitives } from '../../../core/adapters/native-primitives.ts'
import { SeededRandom } from '../../simulation/seeded-random.ts'
import type { CatalogueHarness } from './harness.ts'

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1)

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  timer(): never {
    throw new Error('the catalogue waits for no timer')
  }

  advance(ms: number): void {
    this.#nowMs += ms
  }
}

export function openInline(
  database: SqliteDatabase,
  clock: Clock = new HandClock(),
): Promise<InlineCatalogue> {
  const primitives = createNativePrimitives()
  return openInlineCatalogue({ database, clock, random: new SeededRandom(7), primitives })
}

export const inlineHarness: CatalogueHarness = {
  async open() {
    const database = openSqliteDatabase(':memory:')
    const clock = new HandClock()
    const catalogue = await openInline(database, clock)
    const end = async (): Promise<void> => {
      await catalogue.close()
      database.close()
    }
    return { catalogue, advance: (ms) => clock.advance(ms), end }
  },
}

/** A folder that `remove` takes away again. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-catalogue-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export const workerHarness: CatalogueHarness = {
  async open() {
    const folder = temporaryFolder()
    const clockShift = new SharedArrayBuffer(8)
    const shift = new Float64Array(clockShift)
    const catalogue = await openSqliteCatalogue(join(folder.path, 'catalogue.db'), { clockShift })
    const advance = (ms: number): void => {
      shift[0] = shift[0]! + ms
    }
    const end = async (): Promise<void> => {
      await catalogue.close()
      folder.remove()
    }
    return { catalogue, advance, end }
  },
}
