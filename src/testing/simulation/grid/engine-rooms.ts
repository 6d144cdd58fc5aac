/** Memory for the engines of simulated clients, used again and again: making it is dear. */
import { createInlineEngine } from '../../../client/engine/inline-engine.ts'
import type { Engine } from '../../../client/engine/engine.ts'
import type { LocalFiles } from '../../../client/engine/local-files.ts'
import { threadBytes } from '../../../client/engine/jobs.ts'
import { createKernels } from '../../../core/kernels.ts'
import type { Kernels } from '../../../core/kernels.ts'
import type { Primitives } from '../../../core/primitives.ts'
import type { Random } from '../../../base/random.ts'

export interface RoomUser {
  readonly primitives: Primitives
  readonly random: Random
  readonly files: LocalFiles
}

/** Nobody knows what a memory held before: nothing may depend on that. */
export class EngineRooms {
  readonly #free: Kernels[] = []

  /** An engine with this room, and what gives it back. */
  open(user: RoomUser, slotBytes: number): { readonly engine: Engine; readonly leave: () => void } {
    const kernels = this.#take(slotBytes + threadBytes)
    const memory = new Uint8Array(kernels.memory.buffer)
    const region = { at: threadBytes, bytes: memory.length - threadBytes }
    let left = false
    const leave = (): void => {
      if (!left) this.#free.push(kernels)
      left = true
    }
    const engine = createInlineEngine({ ...user, memory, kernels }, region)
    return { engine, leave }
  }

  #take(bytes: number): Kernels {
    const at = this.#free.findIndex(({ memory }) => memory.buffer.byteLength >= bytes)
    return at < 0 ? createKernels({ bytes }) : this.#free.splice(at, 1)[0]!
  }
}
