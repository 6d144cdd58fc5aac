/** Tests of a node in the simulated world. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode, type ErrorCode, type HoldfastError } from '../../base/errors.ts'
import { inSimulation, type NodeGridOptions, type SimulatedNodeGrid } from './node-grid.ts'

/** A test with a node and its clients. */
export function check(
  title: string,
  body: (grid: SimulatedNodeGrid) => Promise<void>,
  options: NodeGridOptions = {},
): void {
  test(title, () => inSimulation(options, body))
}

/** That it fails with this code; `look` sees the error. */
export function rejects(
  promise: Promise<unknown>,
  code: ErrorCode,
  look: (error: HoldfastError) => void = () => {},
): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(hasCode(error, code), `${code} was wanted: ${String(error)}`)
    look(error)
    return true
  })
}
