import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedRounds } from './shared-rounds.ts'

interface Round {
  readonly end: (error?: Error) => void
}

function scene(): { rounds: SharedRounds; begun: Round[] } {
  const begun: Round[] = []
  const rounds = new SharedRounds(() => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    begun.push({ end: (error) => (error ? reject(error) : resolve()) })
    return promise
  })
  return { rounds, begun }
}

/** Long enough for every promise that can settle. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

test('who asks while a round runs waits for the one after it, together with others', async () => {
  const { rounds, begun } = scene()
  const done: string[] = []
  const join = (name: string) => rounds.join().then(() => done.push(name))
  const first = join('first')
  await turns()
  const second = join('second')
  const third = join('third')
  await turns()
  assert.equal(begun.length, 1)
  begun[0]!.end()
  await first
  await turns()
  assert.deepEqual([begun.length, done], [2, ['first']])
  begun[1]!.end()
  await Promise.all([second, third])
  assert.deepEqual(done, ['first', 'second', 'third'])
})

test('a round that fails is told to those who waited for it only', async () => {
  const { rounds, begun } = scene()
  const failure = new Error('no')
  const first = assert.rejects(rounds.join(), failure)
  await turns()
  const second = rounds.join()
  begun[0]!.end(failure)
  await first
  await turns()
  begun[1]!.end()
  await second
})

test('who gives up does not stop the others', async () => {
  const { rounds, begun } = scene()
  const failure = new Error('stopped')
  const aborter = new AbortController()
  const impatient = assert.rejects(rounds.join(aborter.signal), failure)
  const patient = rounds.join()
  await turns()
  aborter.abort(failure)
  await impatient
  begun[0]!.end()
  await patient
  await assert.rejects(rounds.join(AbortSignal.abort(failure)), failure)
  assert.equal(begun.length, 1)
})
