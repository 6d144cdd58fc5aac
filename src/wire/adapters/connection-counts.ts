import type { Socket } from 'node:net'

/** Counts connections by address, and destroys those beyond the limit. */
export class ConnectionCounts {
  readonly #most: number
  readonly #counts = new Map<string, number>()

  constructor(connectionsPerAddressMax: number) {
    this.#most = connectionsPerAddressMax
  }

  /** False when the connection was one too many. */
  take(socket: Socket): boolean {
    const address = socket.remoteAddress ?? ''
    const count = this.#counts.get(address) ?? 0
    if (count >= this.#most) {
      socket.destroy()
      return false
    }
    this.#counts.set(address, count + 1)
    socket.once('close', () => this.#release(address))
    return true
  }

  #release(address: string): void {
    const left = (this.#counts.get(address) ?? 1) - 1
    if (left === 0) this.#counts.delete(address)
    else this.#counts.set(address, left)
  }
}
