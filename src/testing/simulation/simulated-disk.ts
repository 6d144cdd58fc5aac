import type { Disk } from '../../base/disk.ts'
import { DiskProcess } from './disk-process.ts'
import { SimulatedFolders } from './simulated-folders.ts'
import { SimulatedMedium } from './simulated-medium.ts'

/**
 * The disk of one simulated machine: it outlives the processes that use it. Every operation takes simulated
 * time; nothing is durable that was not synced.
 */
export class SimulatedDisk extends SimulatedMedium {
  #process: DiskProcess | undefined

  /** The disk as one process sees it: after `crash` or `kill` its calls never settle. */
  process(): Disk {
    this.#process ??= new DiskProcess(this)
    return this.#process
  }

  /** Power is cut: what was not synced is lost, torn or kept, by chance. */
  crash(): void {
    this.kill()
    this.folders.crash(this.random, this.count)
  }

  /** The process is killed: what it wrote stays readable, synced or not. */
  kill(): void {
    this.#process?.end()
    this.#process = undefined
    this.locks.clear()
  }

  /** What is durable now, to be put back with `restore` as an old image. */
  snapshot(): SimulatedFolders {
    return this.folders.durableCopy()
  }

  /** Puts an old image back, as after a crash. */
  restore(image: SimulatedFolders): void {
    this.kill()
    this.folders = image.durableCopy()
    this.count('disk: old images put back')
  }

  /** A new, empty disk in the old one's place. */
  replace(): void {
    this.kill()
    this.folders = new SimulatedFolders()
    this.count('disk: replaced by empty ones')
  }

  /** Turns a bit over in a file at rest, by chance among those whose path begins so. False: none was written. */
  flipBit(start = ''): boolean {
    const files = [...this.folders.files].filter(([path]) => path.startsWith(start))
    if (files.length === 0) return false
    const flipped = this.random.pick(files)[1].flipBit(this.random)
    if (flipped) this.count('disk: bits flipped at rest')
    return flipped
  }
}
