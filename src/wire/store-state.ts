import type { ByteReader } from '../base/encoding.ts'
import type { StoreState } from './shard-requests.ts'

export const stateNumbers: Readonly<Record<StoreState, number>> = Object.freeze({
  serving: 1,
  'read-only': 2,
  'disk-gone': 3,
})

const states: readonly (StoreState | undefined)[] = [undefined, 'serving', 'read-only', 'disk-gone']

export function stateFromNumber(reader: ByteReader): StoreState {
  const number = reader.u8()
  const state = states[number]
  if (state === undefined) throw reader.malformed(`unknown state ${number}`)
  return state
}
