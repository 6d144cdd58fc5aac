/** A grid whose clients reach every program through a proxy, as the coordinator reaches the nodes. */
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Grid } from './grid.ts'
import type { RunningProgram } from './programs.ts'
import { Proxy } from './proxy.ts'

const pollMs = 5

export class LinkedGrid {
  readonly grid: Grid
  readonly #proxies: ReadonlyMap<string, Proxy>

  private constructor(grid: Grid, proxies: ReadonlyMap<string, Proxy>) {
    this.grid = grid
    this.#proxies = proxies
  }

  static async start(context: TestContext): Promise<LinkedGrid> {
    const proxies = new Map<string, Proxy>()
    for (const name of ['coordinator', 'n1', 'n2', 'n3', 'n4']) {
      proxies.set(name, await Proxy.listen(context))
    }
    const announced = (program: string, address: string): string => {
      const proxy = proxies.get(program)!
      proxy.target = address
      return proxy.address
    }
    const toml = { coordinator: 'repairGrace = "1s"' }
    return new LinkedGrid(await Grid.start(context, { toml, announced }), proxies)
  }

  proxy(name: string): Proxy {
    return this.#proxies.get(name)!
  }

  /** To and from all nodes, until now. */
  get nodeBytes(): number {
    return this.grid.nodes.reduce((sum, name) => sum + this.proxy(name).bytes, 0)
  }

  /** Resolves when so many more bytes went to and from the nodes; false when the program ended before. */
  async hasPassed(bytes: number, program: RunningProgram): Promise<boolean> {
    const until = this.nodeBytes + bytes
    while (this.nodeBytes < until && !program.hasEnded) await wait(pollMs)
    return !program.hasEnded
  }
}
