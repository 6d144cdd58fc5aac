/** Files to store: random, never the same twice unless the seed is. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Keystream } from './keystream.ts'

const filesPerFolder = 100

export interface Content {
  readonly seed: string
  readonly bytes: number
}

/** Replaces what is there. */
export function writeRandomFile(path: string, { seed, bytes }: Content): void {
  const file = openSync(path, 'w')
  try {
    for (const piece of new Keystream(seed).pieces(bytes)) writeSync(file, piece)
  } finally {
    closeSync(file)
  }
}

/** `count` files of so many bytes each, a hundred to a folder. */
export function writeSmallFiles(
  folder: string,
  content: Content & { readonly count: number },
): void {
  const stream = new Keystream(content.seed)
  for (let at = 0; at < content.count; at += 1) {
    const inside = join(folder, `folder-${Math.floor(at / filesPerFolder)}`)
    if (at % filesPerFolder === 0) mkdirSync(inside, { recursive: true })
    writeFileSync(join(inside, `file-${at}`), stream.next(content.bytes))
  }
}
