import assert from 'node:assert/strict'
import { it } from 'node:test'
import { UnheardStore } from './unheard-store.ts'

it('asks of an empty store alone that the coordinator knows it', () => {
  const empty = new UnheardStore({ lastRecord: 0 })
  assert.throws(() => empty.expectHeard(), { code: 'READ_ONLY' })
  empty.heard()
  empty.expectHeard()
  new UnheardStore({ lastRecord: 1 }).expectHeard()
})
