/** What happened in a simulated world: a hash over all of it, and the last lines. */
export class Trace {
  readonly #nowMs: () => number
  readonly #echo: ((line: string) => void) | undefined
  readonly #tail: string[] = []
  #hash = 0x811c9dc5
  #lines = 0

  constructor(nowMs: () => number, echo?: (line: string) => void) {
    this.#nowMs = nowMs
    this.#echo = echo
  }

  /** Equal for runs in which the same things happened at the same times. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  get lines(): number {
    return this.#lines
  }

  /** The last lines, oldest first. */
  get tail(): readonly string[] {
    return this.#tail
  }

  note(who: string, what: string): void {
    const line = `${this.#nowMs().toFixed(3).padStart(12)} ${who.padEnd(11)} ${what}`
    for (let at = 0; at < line.length; at += 1) this.mix(line.charCodeAt(at))
    this.#lines += 1
    this.#tail.push(line)
    if (this.#tail.length > tailLinesMax) this.#tail.shift()
    this.#echo?.(line)
  }

  /** Into the hash only: for what is too frequent to be told. */
  mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ (value & 0xffff), 0x01000193)
  }
}

const tailLinesMax = 60
