export interface ReplayLimits {
  /** How far a request's time may be from now. */
  readonly skewMs: number
  readonly requestsPerSessionMax: number
  /** Of all sessions together; then only those with less than their share take more. */
  readonly requestsMax: number
}

/** Ids of one slice of time, by session. */
type Slice = Map<string, Set<string>>

/**
 * Ids of requests, kept for as long as a request of that time would be taken: in slices by the requests' own
 * time, which are forgotten as a whole.
 */
export class ReplayWindow {
  readonly #time: { nowMs(): number }
  readonly #limits: ReplayLimits
  readonly #sliceMs: number
  readonly #slices = new Map<number, Slice>()
  readonly #perSession = new Map<string, number>()
  #total = 0
  #oldest = -Infinity

  /** `time` never falls. */
  constructor(time: { nowMs(): number }, limits: ReplayLimits) {
    this.#time = time
    this.#limits = limits
    this.#sliceMs = Math.ceil(limits.skewMs / 4)
  }

  /** Takes note of a request whose time is near: 'seen' when it was made before, 'full' when there are too many. */
  take(session: string, request: { readonly id: string; readonly timeMs: number }): Taken {
    this.#forget()
    const slice = this.#sliceAt(Math.floor(request.timeMs / this.#sliceMs))
    const ids = slice.get(session) ?? new Set()
    if (ids.has(request.id)) return 'seen'
    const used = this.#perSession.get(session) ?? 0
    if (!this.#hasRoom(used)) return 'full'
    slice.set(session, ids.add(request.id))
    this.#perSession.set(session, used + 1)
    this.#total += 1
    return 'new'
  }

  #hasRoom(used: number): boolean {
    const { requestsMax, requestsPerSessionMax } = this.#limits
    if (used >= requestsPerSessionMax) return false
    return this.#total < requestsMax || used < requestsMax / (this.#perSession.size + 1)
  }

  #sliceAt(number: number): Slice {
    const known = this.#slices.get(number)
    if (known) return known
    const slice: Slice = new Map()
    this.#slices.set(number, slice)
    return slice
  }

  /** Slices of which no request would be taken any more. */
  #forget(): void {
    const oldest = Math.floor((this.#time.nowMs() - this.#limits.skewMs) / this.#sliceMs)
    if (oldest <= this.#oldest) return
    this.#oldest = oldest
    for (const [number, slice] of this.#slices) if (number < oldest) this.#drop(number, slice)
  }

  #drop(number: number, slice: Slice): void {
    this.#slices.delete(number)
    for (const [session, ids] of slice) {
      const left = this.#perSession.get(session)! - ids.size
      this.#total -= ids.size
      if (left === 0) this.#perSession.delete(session)
      else this.#perSession.set(session, left)
    }
  }
}

type Taken = 'new' | 'seen' | 'full'
