/**
 * Writes docs/vectors/format.json anew: one key for each part of docs/format.md. Keys made elsewhere are
 * kept. What changes here changes a format: old bytes must stay readable.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createHpkeKeyWrap } from '../src/core/adapters/hpke-key-wrap.ts'
import { createNativePrimitives } from '../src/core/adapters/native-primitives.ts'
import { ramp } from '../src/testing/format-samples.ts'
import type { Vector } from '../src/testing/vectors/hex.ts'
import { signedVectors } from '../src/testing/vectors/signed-vectors.ts'
import { vaultVectors } from '../src/testing/vectors/vault-vectors.ts'

const vectorsFile: string = join(import.meta.dirname, '..', 'docs/vectors/format.json')

/** The vectors this program makes, by key. */
export async function makeVectors(): Promise<Record<string, Vector>> {
  const primitives = createNativePrimitives()
  const keyWrap = createHpkeKeyWrap({ ephemeralSeed: ramp(0x77, 32) })
  return { ...vaultVectors(primitives), ...(await signedVectors(primitives, keyWrap)) }
}

/** Those that are written down. */
export function readVectors(): Record<string, Vector> {
  return existsSync(vectorsFile)
    ? (JSON.parse(readFileSync(vectorsFile, 'utf8')) as Record<string, Vector>)
    : {}
}

if (import.meta.main) {
  mkdirSync(dirname(vectorsFile), { recursive: true })
  const all = { ...readVectors(), ...(await makeVectors()) }
  writeFileSync(vectorsFile, `${JSON.stringify(all, undefined, 2)}\n`)
}
