import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Scheduler } from '../../testing/simulation/scheduler.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'
import type { Child, ChildWatcher, SupervisorEvent } from './process.ts'
import { RestartDelay } from './restart-delay.ts'
import { Supervisor } from './supervisor.ts'

class FakeChild implements Child {
  watcher: ChildWatcher | undefined
  readonly pid: number
  readonly name: string
  stubborn = false
  ended = false

  constructor(name: string, pid: number) {
    this.name = name
    this.pid = pid
  }

  watch(watcher: ChildWatcher): void {
    this.watcher = watcher
  }

  end(): void {
    if (!this.stubborn) this.die({ code: 0 })
  }

  kill(): void {
    this.die({ signal: 'SIGKILL' })
  }

  die(end: { code?: number; signal?: string }): void {
    if (this.ended) return
    this.ended = true
    this.watcher!.ended(end)
  }
}

function world(restart = true) {
  const scheduler = new Scheduler(new SeededRandom(1))
  const children: FakeChild[] = []
  const events: SupervisorEvent[] = []
  const supervisor = new Supervisor({
    names: ['coordinator', 'n1'],
    clock: scheduler.clock(),
    restart,
    onEvent: (event) => events.push(event),
    start: (name) => {
      const child = new FakeChild(name, 100 + children.length)
      children.push(child)
      return child
    },
  })
  const latest = (name: string): FakeChild => children.findLast((child) => child.name === name)!
  const ready = async (): Promise<void> => {
    const started = supervisor.start()
    for (const child of children) child.watcher!.ready(`${child.name}:1`)
    await started
  }
  return { scheduler, children, events, supervisor, latest, ready }
}

it('says when all serve', async () => {
  const { supervisor, children } = world()
  const started = supervisor.start()
  children[1]!.watcher!.ready('b:2')
  children[0]!.watcher!.ready('a:1')
  assert.deepEqual(await started, [
    { name: 'coordinator', address: 'a:1', pid: 100 },
    { name: 'n1', address: 'b:2', pid: 101 },
  ])
})

it('ends all and says why when one cannot start', async () => {
  const { supervisor, children } = world()
  const started = supervisor.start()
  children[0]!.watcher!.ready('a:1')
  children[1]!.watcher!.failed({ code: 'PORT_IN_USE', message: 'taken', hint: 'x' })
  children[1]!.die({ code: 4 })
  await assert.rejects(started, { code: 'PORT_IN_USE' })
  assert.ok(children.every(({ ended }) => ended))
  assert.equal(children.length, 2)
})

it('gives up when one is never ready', async () => {
  const { supervisor, scheduler, children } = world()
  const started = supervisor.start()
  children[0]!.watcher!.ready('a:1')
  await assert.rejects(scheduler.run(started, { timeMaxMs: 60_000 }), { code: 'TIMED_OUT' })
  assert.ok(children.every(({ ended }) => ended))
})

it('starts again what died, within a second, and more and more slowly', async () => {
  const { scheduler, events, latest, ready, children } = world()
  await ready()
  const pauses: number[] = []
  for (let death = 0; death < 10; death += 1) {
    const before = children.length
    const diedMs = scheduler.nowMs
    latest('n1').die({ signal: 'SIGKILL' })
    while (children.length === before) await scheduler.advance(10)
    pauses.push(Math.round((scheduler.nowMs - diedMs) / 100) * 100)
    latest('n1').watcher!.ready('n1:1')
  }
  assert.deepEqual(pauses, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000])
  assert.deepEqual(
    events.slice(0, 2).map((event) => ({ ...event })),
    [
      { event: 'died', name: 'n1', pid: 101, signal: 'SIGKILL', restartMs: 200 },
      { event: 'restarted', name: 'n1', pid: 102 },
    ],
  )
})

it('leaves a dead process dead when told so', async () => {
  const { scheduler, events, latest, ready, children } = world(false)
  await ready()
  latest('n1').die({ code: 1 })
  await scheduler.advance(100_000)
  assert.equal(children.length, 2)
  assert.deepEqual(events, [{ event: 'died', name: 'n1', pid: 101, code: 1 }])
})

it('stops all, also what waits and what does not listen', async () => {
  const { supervisor, scheduler, latest, ready, children } = world()
  await ready()
  latest('n1').die({ code: 1 })
  latest('coordinator').stubborn = true
  await scheduler.run(supervisor.stop(), { timeMaxMs: 11_000 })
  await scheduler.advance(60_000)
  assert.equal(children.length, 2)
  assert.ok(children.every(({ ended }) => ended))
  await supervisor.stop()
})

it('forgets early deaths after a long life', () => {
  const delay = new RestartDelay()
  assert.deepEqual([delay.after(0), delay.after(0), delay.after(29_999)], [200, 400, 800])
  assert.deepEqual([delay.after(30_000), delay.after(0)], [200, 400])
})
