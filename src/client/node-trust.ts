/** What a client met at nodes lately: reasons to ask others first, forgotten by themselves after a while. */
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'

/** `silent`: a request failed. `slow`: others were faster by far. `unwritable`: it refused to store. */
export type NodeFault = 'silent' | 'slow' | 'unwritable'

interface Noted {
  readonly untilMs: number
  /** In a row, without good news between. */
  readonly times: number
}

export class NodeTrust {
  readonly #clock: Clock
  readonly #noted = new Map<string, Noted>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now on, for `nodeDistrustMs`; twice as long each time until `forget`. */
  note(node: string, fault: NodeFault): void {
    if (this.has(node, fault)) return
    const key = keyOf(node, fault)
    const times = this.#noted.get(key)?.times ?? 0
    const forMs = Math.min(limits.nodeDistrustMs * 2 ** times, limits.nodeDistrustMaxMs)
    this.#noted.set(key, { untilMs: this.#clock.monotonicMs() + forMs, times: times + 1 })
  }

  forget(node: string, fault: NodeFault): void {
    this.#noted.delete(keyOf(node, fault))
  }

  has(node: string, fault: NodeFault): boolean {
    const noted = this.#noted.get(keyOf(node, fault))
    return noted !== undefined && this.#clock.monotonicMs() < noted.untilMs
  }
}

function keyOf(node: string, fault: NodeFault): string {
  return `${fault} ${node}`
}
