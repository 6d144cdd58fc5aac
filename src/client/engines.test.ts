import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine } from './engine/engine.ts'
import { Engines } from './engines.ts'
import type { EngineUse } from './engines.ts'

/** Engines that only note what they are told. */
function scene() {
  const told: string[][] = []
  let closed = 0
  const engines = new Engines(() => {
    const vaults: string[] = []
    told.push(vaults)
    const engine: Pick<Engine, 'useVault' | 'close'> = {
      useVault: ({ vault }) => void vaults.push(vault),
      close: async () => void (closed += 1),
    }
    return engine as Engine
  })
  return { engines, told, closed: () => closed }
}

function use(vault: string, slotBytes = 1): EngineUse {
  const keys = { lifeKey: new Uint8Array(32), generationKeys: [] }
  return { vault: { vault, keys } as unknown as EngineUse['vault'], slotBytes }
}

const nothing = async (): Promise<void> => {}

test('an engine is used again, and told of each vault once', async () => {
  const { engines, told, closed } = scene()
  for (const vault of ['a', 'a', 'b', 'a']) await engines.use(use(vault), nothing)
  assert.deepEqual(told, [['a', 'b']])
  await engines.use(use('a', 2), nothing)
  assert.equal(told.length, 2)
  await engines.close()
  assert.equal(closed(), 2)
})

test('two pieces of work at once have an engine each; one that failed is not used again', async () => {
  const { engines, told, closed } = scene()
  const used: Engine[] = []
  const note = async (engine: Engine): Promise<void> => void used.push(engine)
  await Promise.all([engines.use(use('a'), note), engines.use(use('a'), note)])
  assert.notEqual(used[0], used[1])
  const fails = engines.use(use('a'), () => Promise.reject(new Error('broken')))
  await assert.rejects(fails, /broken/)
  await Promise.all([engines.use(use('a'), nothing), engines.use(use('a'), nothing)])
  assert.equal(told.length, 3)
  await engines.close()
  assert.equal(closed(), 3)
})
