import { assert } from '../../base/assert.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import type { Slot } from '../engine/slot-pool.ts'

/** A slot of plaintext that is given back when nobody needs any of it. */
export class WindowSlot {
  readonly slot: Slot
  readonly #pool: SlotPool
  #uses = 1

  constructor(pool: SlotPool, slot: Slot) {
    this.#pool = pool
    this.slot = slot
  }

  /** One use more; call what it returns once, at its end. */
  use(): () => void {
    this.#uses += 1
    let over = false
    return () => {
      assert(!over, 'a use of a window ends once')
      over = true
      this.release()
    }
  }

  /** Ends the use it was made with. */
  release(): void {
    this.#uses -= 1
    if (this.#uses === 0) this.#pool.giveBack(this.slot)
  }
}
