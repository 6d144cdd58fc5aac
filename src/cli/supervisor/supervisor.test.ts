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
  const broken = new Set<string>()
  const supervisor = new Supervisor({
    names: ['coordinator', 'n1', 'n2'],
    needed: ['coordinator'],
    clock: scheduler.clock(),
    restart,
    onEvent: (event) => events.push(event),
    start: (name) => {
      if (broken.has(name)) throw new Error('as planned')
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
  return { scheduler, children, events, supervisor, latest, ready, broken }
}

it('says when all serve', async () => {
  const { supervisor, children } = world()
  const started = supervisor.start()
  children[1]!.watcher!.ready('b:2')
  children[0]!.watcher!.ready('a:1')
  children[2]!.watcher!.ready('c:3')
  assert.deepEqual(await started, [
    { name: 'coordinator', address: 'a:1', pid: 100 },
    { name: 'n1', address: 'b:2', pid: 101 },
    { name: 'n2', address: 'c:3', pid: 102 },
  ])
})

const taken = { code: 'PORT_IN_USE', message: 'taken', hint: 'x' } as const

it('ends all and says why when one that is needed cannot start', async () => {
  const { supervisor, children, events } = world()
  const started = supervisor.start()
  children[1]!.watcher!.ready('a:1')
  children[0]!.watcher!.failed(taken)
  children[0]!.die({ code: 4 })
  await assert.rejects(started, { code: 'PORT_IN_USE', message: 'coordinator: taken' })
  assert.ok(children.every(({ ended }) => ended))
  assert.equal(children.length, 3)
  assert.deepEqual(events, [])
})

it('serves without one that cannot start, and goes on trying it', async () => {
  const { supervisor, scheduler, children, events, latest } = world()
  const started = supervisor.start()
  children[0]!.watcher!.ready('a:1')
  children[2]!.watcher!.ready('c:3')
  children[1]!.watcher!.failed(taken)
  children[1]!.die({ code: 4 })
  assert.deepEqual(
    (await started).map(({ name }) => name),
    ['coordinator', 'n2'],
  )
  assert.deepEqual(events, [
    { event: 'died', name: 'n1', pid: 101, code: 4, error: taken, restartMs: 200 },
  ])
  await scheduler.advance(250)
  assert.equal(children.length, 4)
  latest('n1').watcher!.failed(taken)
  latest('n1').die({ code: 4 })
  await scheduler.advance(500)
  latest('n1').watcher!.ready('b:2')
  assert.deepEqual(events.at(-1), { event: 'restarted', name: 'n1', pid: 104 })
  await supervisor.stop()
})

it('serves without one whose files cannot even be prepared', async () => {
  const { supervisor, scheduler, children, events, broken } = world()
  broken.add('n1')
  const started = supervisor.start()
  for (const child of children) child.watcher!.ready(`${child.name}:1`)
  assert.equal((await started).length, 2)
  assert.equal(events[0]?.name, 'n1')
  assert.equal(events[0]?.event === 'died' && events[0].error?.message, 'as planned')
  broken.clear()
  await scheduler.advance(250)
  assert.equal(children.at(-1)?.name, 'n1')
  await supervisor.stop()
  const none = world()
  for (const name of ['n1', 'n2']) none.broken.add(name)
  const refused = none.supervisor.start()
  none.children[0]!.watcher!.ready('a:1')
  await assert.rejects(refused, /n1: as planned/)
  assert.ok(none.children.every(({ ended }) => ended))
})

it('ends by force what said that it cannot serve, and does not end', async () => {
  const { scheduler, latest, ready, children } = world()
  await ready()
  latest('n1').die({ signal: 'SIGKILL' })
  await scheduler.advance(250)
  const stuck = latest('n1')
  stuck.watcher!.failed(taken)
  await scheduler.advance(60_000)
  assert.ok(stuck.ended)
  assert.ok(children.length > 4)
})

it('gives up when one that is needed is never ready, and waits for no other', async () => {
  const { supervisor, scheduler, children } = world()
  const started = supervisor.start()
  children[1]!.watcher!.ready('a:1')
  await assert.rejects(scheduler.run(started, { timeMaxMs: 60_000 }), { code: 'TIMED_OUT' })
  assert.ok(children.every(({ ended }) => ended))
  const slow = world()
  const serving = slow.supervisor.start()
  for (const at of [0, 1]) slow.children[at]!.watcher!.ready('a:1')
  assert.equal((await slow.scheduler.run(serving, { timeMaxMs: 60_000 })).length, 2)
  slow.children[2]!.watcher!.ready('c:3')
  assert.deepEqual(slow.events, [{ event: 'restarted', name: 'n2', pid: 102 }])
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
      { event: 'restarted', name: 'n1', pid: 103 },
    ],
  )
})

it('leaves a dead process dead when told so', async () => {
  const { scheduler, events, latest, ready, children } = world(false)
  await ready()
  latest('n1').die({ code: 1 })
  await scheduler.advance(100_000)
  assert.equal(children.length, 3)
  assert.deepEqual(events, [{ event: 'died', name: 'n1', pid: 101, code: 1 }])
})

it('stops all, also what waits and what does not listen', async () => {
  const { supervisor, scheduler, latest, ready, children } = world()
  await ready()
  latest('n1').die({ code: 1 })
  latest('coordinator').stubborn = true
  await scheduler.run(supervisor.stop(), { timeMaxMs: 11_000 })
  await scheduler.advance(60_000)
  assert.equal(children.length, 3)
  assert.ok(children.every(({ ended }) => ended))
  await supervisor.stop()
})

it('forgets early deaths after a long life', () => {
  const delay = new RestartDelay()
  assert.deepEqual([delay.after(0), delay.after(0), delay.after(29_999)], [200, 400, 800])
  assert.deepEqual([delay.after(30_000), delay.after(0)], [200, 400])
})
