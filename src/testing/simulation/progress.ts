import type { WriteStream } from 'node:tty'
import type { Progress } from './worlds.ts'

const inPlaceMs = 100
const linesMs = 5_000

export interface ProgressLine {
  show(progress: Progress): void
  /** Above it. */
  say(line: string): void
  /** Makes room for what is said at the end. */
  clear(): void
}

/** How far it is: in place on a terminal, a line every few seconds elsewhere. */
export function progressTo(stream: WriteStream, count: number): ProgressLine {
  const startMs = performance.now()
  const inPlace = stream.isTTY
  let shownMs = startMs
  return {
    show({ done, failed }) {
      const nowMs = performance.now()
      if (nowMs - shownMs < (inPlace ? inPlaceMs : linesMs)) return
      shownMs = nowMs
      const perSecond = ((done * 1000) / (nowMs - startMs)).toFixed(1)
      const line = `${done} of ${count} worlds, ${perSecond} a second, ${failed} failed`
      stream.write(inPlace ? `\r\u001B[K${line}` : `${line}\n`)
    },
    say: (line) => void stream.write(inPlace ? `\r\u001B[K${line}\n` : `${line}\n`),
    clear() {
      if (inPlace) stream.write('\r\u001B[K')
    },
  }
}
