import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { moduleGraph, root } from './module-graph.ts'
import { runSeeds } from './scenario/run-seeds.ts'

const world = moduleGraph(['src/testing/simulation/scenario/run-seeds.ts'])
const programs = moduleGraph([
  'bin/roles/node.ts',
  'bin/roles/coordinator.ts',
  'bin/client-world.ts',
])
const layers = ['base', 'core', 'blocks', 'catalogue', 'wire', 'node', 'coordinator', 'client']

/** What a program may have that the world has not, and why. */
const absent: Readonly<Record<string, string>> = {
  'src/base/address.ts': 'hosts are names in the world',
}

await test('the world is made of the modules that the programs are made of', () => {
  const ofProduct = programs.modules.filter(
    (path) =>
      layers.some((layer) => path.startsWith(`src/${layer}/`)) && !path.includes('/adapters/'),
  )
  const missing = ofProduct.filter((path) => !world.modules.includes(path))
  assert.deepEqual(missing, Object.keys(absent))
  assert.ok(ofProduct.length > 200)
})

await test('nothing in the world reaches real time, threads, sockets or unseeded randomness', () => {
  const forbidden =
    /worker_threads|child_process|node:(net|tls|http|https|dgram|dns|timers|fs\/promises)/
  assert.deepEqual(
    world.outside.filter((name) => forbidden.test(name)),
    [],
  )
  const calls =
    /\b(setTimeout|setInterval|setImmediate|Math\.random|Date\.now|new Date|performance\.now|randomBytes|randomUUID|getRandomValues)\b\s*\(/
  const reaching = world.modules.filter((path) =>
    calls.test(readFileSync(join(root, path), 'utf8').replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '')),
  )
  // The scheduler lets promises settle between two events, and waits for nothing else
  assert.deepEqual(reaching, ['src/testing/simulation/scheduler.ts'])
})

await test('whoever asks for real time or randomness in the world is caught', async () => {
  const undo = trapAll()
  const failures: string[] = []
  try {
    await runSeeds({
      seeds: [1, 2, 3, 5, 8],
      done: (_seed, { failure }) => {
        if (failure !== undefined) failures.push(failure)
        return true
      },
    })
  } finally {
    undo()
  }
  assert.deepEqual(failures, [])
})

await test('one seed gives one trace', async () => {
  const hashes: string[] = []
  await runSeeds({
    seeds: [4, 7, 4, 7],
    done: (_seed, { traceHash }) => hashes.push(traceHash) > 0,
  })
  assert.deepEqual(hashes.slice(2), hashes.slice(0, 2))
  assert.notEqual(hashes[0], hashes[1])
})

/** Everything global that would make two runs differ throws until it is undone. */
function trapAll(): () => void {
  const undo = [
    trap(globalThis, 'setTimeout'),
    trap(globalThis, 'setInterval'),
    trap(Math, 'random'),
    trap(Date, 'now'),
    trap(performance, 'now'),
    trap(crypto, 'getRandomValues'),
    trap(crypto, 'randomUUID'),
  ]
  return () => {
    for (const one of undo) one()
  }
}

function trap<Holder extends object>(holder: Holder, name: keyof Holder & string): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name)
  const value = (): never => {
    throw new Error(`The simulated world called ${name}`)
  }
  Object.defineProperty(holder, name, { value, configurable: true, writable: true })
  return () => {
    if (descriptor) Object.defineProperty(holder, name, descriptor)
    else Reflect.deleteProperty(holder, name)
  }
}
