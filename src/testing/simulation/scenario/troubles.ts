/** Which machines are in trouble, and when: what excuses a failure. */
export interface Trouble {
  readonly machine: string
  readonly what: string
  readonly fromMs: number
  toMs: number
}

/** How long after a trouble ended it still excuses failures: memories of it and pauses between tries. */
export const aftermathMs = 15_000

export class Troubles {
  readonly #nowMs: () => number
  readonly #all: Trouble[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  begin(machine: string, what: string): Trouble {
    const trouble = { machine, what, fromMs: this.#nowMs(), toMs: Infinity }
    this.#all.push(trouble)
    return trouble
  }

  end(trouble: Trouble): void {
    trouble.toMs = this.#nowMs()
  }

  /** Machines in trouble at any time since `fromMs`, or shortly before. */
  since(fromMs: number): Set<string> {
    const late = this.#all.filter(({ toMs }) => toMs + aftermathMs >= fromMs)
    return new Set(late.map(({ machine }) => machine))
  }
}
