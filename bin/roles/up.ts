/** `holdfast up`: a whole grid on this machine, as separate processes under one supervisor. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { HoldfastError } from '../../src/base/errors.ts'
import { limits } from '../../src/base/limits.ts'
import { lockFolder } from '../../src/cli/adapters/folder-lock.ts'
import { makeFolder, readText } from '../../src/cli/adapters/home-folder.ts'
import { isPortFree } from '../../src/cli/adapters/ports.ts'
import { writeWhole } from '../../src/base/adapters/write-whole.ts'
import { homePaths, type GridFile, type HomePaths } from '../../src/cli/home.ts'
import type { Context, Run } from '../../src/cli/main.ts'
import { hasOption, optionText } from '../../src/cli/main.ts'
import type { GridPlan } from '../../src/cli/supervisor/grid-plan.ts'
import {
  checkAskedNodes,
  localHost,
  nodeCount,
  nodeNames,
  nodesThere,
} from '../../src/cli/supervisor/grid-plan.ts'
import type { SupervisorEvent } from '../../src/cli/supervisor/process.ts'
import type { Serving } from '../../src/cli/supervisor/supervisor.ts'
import { Supervisor } from '../../src/cli/supervisor/supervisor.ts'
import { diedText, readyText } from '../../src/cli/show/grid.ts'
import type { Sources } from '../../src/config/load.ts'
import { systemClock } from '../../src/base/adapters/system-clock.ts'
import type { Surroundings } from '../settings.ts'
import { homeOf, openSurroundings } from '../settings.ts'
import { aborted, stopped } from './role.ts'
import { GridProcesses } from './grid-processes.ts'
import { prepareLocalAccount } from './local-account.ts'

export const up: Run = async (context) => {
  process.umask(0o077)
  checkNodesFlag(context)
  const surroundings = openSurroundings(context, flagsOf(context))
  const { home } = surroundings
  const lock = lockFolder(home.lock, home.root)
  const crashed = readText(home.running) !== undefined
  writeWhole(home.running, `${process.pid}\n`)
  try {
    const names = plannedNodes(surroundings)
    await checkPorts(surroundings, { names, patienceMs: crashed ? limits.portsFreeMs : 0 })
    const processes = planGrid(surroundings, names.length)
    await run(context, { surroundings, processes })
  } finally {
    rmSync(home.running, { force: true })
    lock.release()
  }
  return stopped(context)
}

/** BAD_USAGE when this home has more nodes than asked for: said before how many a grid needs at all. */
function checkNodesFlag(context: Context): void {
  const text = optionText(context.invocation, 'nodes')
  const { nodes } = homePaths(homeOf(context).path)
  if (text !== undefined && existsSync(nodes)) {
    checkAskedNodes(text, nodesThere(readdirSync(nodes)))
  }
}

function flagsOf({ invocation }: Context): NonNullable<Sources['flags']> {
  const keys = { nodes: 'nodes', 'base-port': 'basePort', 'coordinator-port': 'coordinatorPort' }
  const flags: Record<string, { flag: string; text: string }> = {}
  for (const [flag, key] of Object.entries(keys)) {
    const text = optionText(invocation, flag)
    if (text !== undefined) flags[`grid.${key}`] = { flag: `--${flag}`, text }
  }
  if (hasOption(invocation, 'no-restart')) {
    flags['grid.restart'] = { flag: '--no-restart', text: 'false' }
  }
  return flags
}

function plannedNodes(surroundings: Surroundings): string[] {
  const { nodes } = surroundings.home
  makeFolder(nodes)
  return nodeNames(nodeCount(surroundings, nodesThere(readdirSync(nodes))))
}

function planGrid(surroundings: Surroundings, count: number): GridProcesses {
  const { home } = surroundings
  for (const folder of [home.coordinator, home.client]) makeFolder(folder)
  const processes = new GridProcesses(surroundings, count)
  const { address, identity } = processes.plan.coordinator
  const grid: GridFile = { coordinator: address, coordinatorIdentity: identity }
  writeWhole(home.grid, `${JSON.stringify(grid)}\n`)
  return processes
}

/**
 * Throws PORT_IN_USE, before anything is written. Waits up to `patienceMs` for processes of an `up` that was
 * killed to be gone.
 */
async function checkPorts(
  { settings: { grid } }: Surroundings,
  { names, patienceMs }: { readonly names: readonly string[]; readonly patienceMs: number },
): Promise<void> {
  const wanted = [
    { name: 'the coordinator', port: grid.coordinatorPort, flag: '--coordinator-port' },
    ...names.map((name, at) => ({ name, port: grid.basePort + at, flag: '--base-port' })),
  ]
  const endMs = systemClock.monotonicMs() + patienceMs
  for (const { name, port, flag } of wanted) {
    while (!(await isPortFree(localHost, port))) {
      if (systemClock.monotonicMs() >= endMs) throw portInUse({ name, port, flag })
      await wait(50)
    }
  }
}

function portInUse(wanted: { name: string; port: number; flag: string }): HoldfastError {
  const { name, port, flag } = wanted
  return new HoldfastError('PORT_IN_USE', `Port ${port} is in use, and ${name} wants it`, {
    hint: `End what uses it, or choose other ports with ${flag}`,
    details: { port },
  })
}

async function run(
  context: Context,
  { surroundings, processes }: { surroundings: Surroundings; processes: GridProcesses },
): Promise<void> {
  const nodes = processes.plan.nodes.map(({ name }) => name)
  context.output.note(`starting the coordinator and ${nodes.length} nodes`)
  const supervisor = new Supervisor({
    names: ['coordinator', ...nodes],
    needed: ['coordinator'],
    start: (name) => processes.start(name),
    clock: context.clock,
    restart: surroundings.settings.grid.restart,
    onEvent: (event) => void tell(context, event),
  })
  const stop = aborted(context.signal).then(() => supervisor.stop())
  try {
    const serving = await supervisor.start()
    const account = await prepareLocalAccount(context, {
      surroundings: clientOf(surroundings, processes.plan),
      nodes: serving.map(({ name }) => name),
    })
    await tellReady(context, { serving, account, home: surroundings.home })
  } catch (error) {
    await supervisor.stop()
    if (!context.signal.aborted) throw error
  }
  await stop
}

/** As a client of this very grid sees it, whatever the settings say. */
function clientOf(surroundings: Surroundings, { coordinator }: GridPlan): Surroundings {
  const client = { coordinator: coordinator.address, coordinatorIdentity: coordinator.identity }
  return { ...surroundings, settings: { ...surroundings.settings, client } }
}

async function tellReady(
  context: Context,
  ready: { serving: readonly Serving[]; account: string | undefined; home: HomePaths },
): Promise<void> {
  const { serving, account, home } = ready
  const { environment, invocation, output } = context
  const [{ address, pid } = { address: '', pid: 0 }, ...nodes] = serving
  const event = { ready: true, ...(account && { account }), coordinator: { address, pid }, nodes }
  const program = environment['HOLDFAST_COMMAND'] ?? 'holdfast'
  const isNamed = invocation.global.home !== undefined || environment['HOLDFAST_HOME']
  const homeFlag = isNamed ? home.root : undefined
  await output.event(event, readyText({ serving, account, program, homeFlag }))
}

function tell({ output }: Context, event: SupervisorEvent): Promise<void> {
  return output.event(
    event,
    event.event === 'restarted' ? `${event.name} is back, pid ${event.pid}` : diedText(event),
  )
}
