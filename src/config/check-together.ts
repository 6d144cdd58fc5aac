/** What cannot be right together, although each value is by itself. */
import type { Problem } from './problem.ts'
import type { Settings } from './schema.ts'
import { formatDuration } from './units.ts'

interface Report {
  readonly problems: Problem[]
  /** Where a setting stands. */
  readonly whereOf: (key: string) => string
}

export function checkTogether(settings: Settings, report: Report): void {
  checkPorts(settings.grid, report)
  checkTimings(settings, report)
  const { nodes, users } = settings.coordinator
  checkUnique('coordinator.nodes', { rows: nodes, fields: ['name', 'address', 'identity'] }, report)
  checkUnique('coordinator.users', { rows: users, fields: ['name'] }, report)
}

function checkPorts(grid: Settings['grid'], report: Report): void {
  const last = grid.basePort + grid.nodes - 1
  if (last > 65_535) {
    add(
      'grid.basePort',
      `is ${grid.basePort}: with ${grid.nodes} nodes must be at most ${65_536 - grid.nodes}`,
      report,
    )
  }
  if (grid.coordinatorPort >= grid.basePort && grid.coordinatorPort <= last) {
    add(
      'grid.coordinatorPort',
      `is ${grid.coordinatorPort}: must not be one of the nodes' ports ${grid.basePort} to ${last}`,
      report,
    )
  }
}

function checkTimings({ grid, coordinator }: Settings, report: Report): void {
  if (coordinator.nodeDown >= 2 * grid.heartbeat) return
  add(
    'coordinator.nodeDown',
    `is "${formatDuration(coordinator.nodeDown)}": must be at least twice grid.heartbeat, "${formatDuration(2 * grid.heartbeat)}"`,
    report,
  )
}

function checkUnique(
  list: string,
  of: { readonly rows: readonly object[]; readonly fields: readonly string[] },
  report: Report,
): void {
  for (const field of of.fields) {
    const seen = new Map<unknown, number>()
    for (const [at, row] of (of.rows as readonly Record<string, unknown>[]).entries()) {
      const value = row[field]
      const first = seen.get(value)
      if (value === undefined || value === '') continue
      if (first === undefined) seen.set(value, at)
      else
        add(
          `${list}[${at}].${field}`,
          `is ${JSON.stringify(value)}, as in ${list}[${first}]: each must have its own`,
          report,
        )
    }
  }
}

function add(key: string, message: string, { problems, whereOf }: Report): void {
  problems.push({ source: whereOf(key), key, message })
}
