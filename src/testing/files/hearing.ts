/** What a command said, as a terminal hears it. */
import { concatBytes, utf8, utf8ToText } from '../../base/bytes.ts'
import type { Terminal } from '../../cli/output.ts'

export class Hearing {
  readonly #out: Uint8Array[] = []
  error = ''
  /** After so many bytes nobody listens any more. */
  closesAfterBytes = Number.POSITIVE_INFINITY
  #heardBytes = 0

  get out(): Uint8Array {
    return concatBytes(this.#out)
  }

  get terminal(): Terminal {
    const closed = (): boolean => this.#heardBytes >= this.closesAfterBytes
    return {
      writeOut: (text) => {
        if (closed()) return Promise.resolve()
        const bytes = typeof text === 'string' ? utf8(text) : text.slice()
        this.#out.push(bytes)
        this.#heardBytes += bytes.length
        return Promise.resolve()
      },
      writeError: (text) => {
        this.error += text
      },
      get outClosed() {
        return closed()
      },
      errorIsTerminal: false,
      inputIsTerminal: false,
      columns: 80,
    }
  }

  /** The JSON lines on standard error. */
  get errorLines(): unknown[] {
    return this.error
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown)
  }

  get text(): string {
    return utf8ToText(this.out)
  }
}
