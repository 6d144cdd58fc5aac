/** One line that is drawn again and again: how much is done, how fast it goes, how long it will take. */
import type { Clock } from '../base/clock.ts'
import { bytesText, durationText } from './text/amount.ts'

export interface ProgressState {
  /** `put`, `get`. */
  readonly action: string
  readonly doneBytes: number
  /** Absent when nobody knows: standard input. */
  readonly totalBytes?: number
  readonly doneFiles: number
  readonly totalFiles?: number
}

const redrawMs = 100
/** The rate is an average that forgets: this old, a measurement weighs 1/e. */
const rateMemoryMs = 3000
const barWidthMost = 24
const barWidthLeast = 5

interface ProgressScreen {
  readonly columns: number
  readonly write: (text: string) => void
}

export class ProgressLine {
  readonly #clock: Clock
  readonly #screen: ProgressScreen
  #drawnMs = -Infinity
  #shown = false
  #last: { atMs: number; bytes: number } | undefined
  #bytesPerSecond: number | undefined

  constructor(clock: Clock, screen: ProgressScreen) {
    this.#clock = clock
    this.#screen = screen
  }

  /** Draws, but not more often than the eye can follow. */
  show(state: ProgressState): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#drawnMs < redrawMs) return
    this.#measure(nowMs, state.doneBytes)
    this.#drawnMs = nowMs
    this.#shown = true
    const text = progressText(state, this.#bytesPerSecond, this.#screen.columns - 1)
    this.#screen.write(`\r${text}\u001b[K`)
  }

  clear(): void {
    if (this.#shown) this.#screen.write('\r\u001b[K')
    this.#shown = false
    this.#drawnMs = -Infinity
  }

  #measure(atMs: number, bytes: number): void {
    const last = this.#last
    this.#last = { atMs, bytes }
    if (last === undefined || atMs <= last.atMs) return
    const passedMs = atMs - last.atMs
    const latest = ((bytes - last.bytes) / passedMs) * 1000
    const weight = 1 - Math.exp(-passedMs / rateMemoryMs)
    const before = this.#bytesPerSecond ?? latest
    this.#bytesPerSecond = before + (latest - before) * weight
  }
}

/** At most `width` characters: the bar gives way first, then what is said last. */
export function progressText(
  state: ProgressState,
  bytesPerSecond: number | undefined,
  width: number,
): string {
  const widest = textWithBar(state, bytesPerSecond, barWidthMost)
  const barWidth = Math.max(barWidthLeast, barWidthMost - Math.max(0, widest.length - width))
  return textWithBar(state, bytesPerSecond, barWidth).slice(0, width)
}

function textWithBar(
  state: ProgressState,
  bytesPerSecond: number | undefined,
  barWidth: number,
): string {
  const { action, doneBytes, totalBytes, doneFiles, totalFiles } = state
  const files = totalFiles === undefined || totalFiles > 1 || doneFiles > 1
  const parts = [
    action,
    totalBytes === undefined ? '' : bar({ done: doneBytes, total: totalBytes, width: barWidth }),
    totalBytes === undefined
      ? bytesText(doneBytes)
      : `${bytesText(doneBytes)} of ${bytesText(totalBytes)}`,
    files ? `${doneFiles}${totalFiles === undefined ? '' : `/${totalFiles}`} files` : '',
    bytesPerSecond === undefined ? '' : `${bytesText(bytesPerSecond)}/s`,
    remainingText(state, bytesPerSecond),
  ]
  return parts.filter(Boolean).join('  ')
}

function bar({ done, total, width }: { done: number; total: number; width: number }): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.floor(share * width)
  const percent = `${Math.floor(share * 100)}%`.padStart(4)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]${percent}`
}

function remainingText({ doneBytes, totalBytes }: ProgressState, rate: number | undefined): string {
  if (totalBytes === undefined || rate === undefined || rate <= 0) return ''
  return `${durationText(Math.max(0, totalBytes - doneBytes) / rate)} left`
}
