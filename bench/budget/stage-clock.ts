/** Time by stage of work that goes on in this thread alone. */
export class StageClock {
  readonly #spentMs = new Map<string, number>()
  #allMs = 0
  #processorMs = 0

  /** Runs a part of a stage. Parts are not nested. */
  time<Value>(stage: string, part: () => Value): Value {
    const startMs = performance.now()
    const value = part()
    this.#spentMs.set(stage, (this.#spentMs.get(stage) ?? 0) + performance.now() - startMs)
    return value
  }

  /** Runs work that is made of such parts, and of the rest that lies between them. */
  all<Value>(work: () => Value): Value {
    const startMs = performance.now()
    const before = process.threadCpuUsage()
    const value = work()
    const { user, system } = process.threadCpuUsage(before)
    this.#processorMs += (user + system) / 1000
    this.#allMs += performance.now() - startMs
    return value
  }

  /**
   * Processor time of each stage, in nanoseconds; `rest` is what no stage had. The wall time of each is scaled
   * to what the thread had of the processor, which others may have taken meanwhile.
   */
  nanoseconds(): Map<string, number> {
    const share = (ms: number): number => (ms / this.#allMs) * this.#processorMs * 1e6
    const stages = new Map([...this.#spentMs].map(([stage, ms]) => [stage, share(ms)]))
    const spentMs = [...this.#spentMs.values()].reduce((total, ms) => total + ms, 0)
    return stages.set('rest', share(this.#allMs - spentMs))
  }
}
