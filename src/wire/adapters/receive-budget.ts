/** Memory that bodies may take together, from their first byte until they were answered. */
export class ReceiveBudget {
  #leftBytes: number

  constructor(bytesMax: number) {
    this.#leftBytes = bytesMax
  }

  /** False, and nothing taken, when so much is not left. */
  take(bytes: number): boolean {
    if (bytes > this.#leftBytes) return false
    this.#leftBytes -= bytes
    return true
  }

  give(bytes: number): void {
    this.#leftBytes += bytes
  }
}
