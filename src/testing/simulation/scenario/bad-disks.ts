/** Disks that are full or fail: nothing that was acknowledged may be lost by them. */
import type { DiskTrouble } from '../simulated-medium.ts'
import { anyNode } from './stage.ts'
import type { Deed } from './stage.ts'

export const fillDisk: Deed = (stage) => {
  const { disk, name } = anyNode(stage)
  const { random } = stage
  const totalBytes = disk.totalBytes
  disk.totalBytes = disk.usedBytes + random.pick([0, 12_000, 40_000, 1_100_000])
  const heal = (): void => {
    disk.totalBytes = Math.max(disk.totalBytes, totalBytes)
  }
  stage.ill({ machine: name, what: 'disk is full', heal })
}

export const failDisk: Deed = (stage) => {
  const { disk, name } = anyNode(stage)
  const { random } = stage
  const trouble = random.pick<keyof DiskTrouble>(['writeFails', 'syncFails', 'readFails'])
  disk.trouble[trouble] = random.pick([0.1, 0.5, 1])
  const heal = (): void => {
    disk.trouble[trouble] = 0
  }
  stage.ill({ machine: name, what: `${trouble} ${disk.trouble[trouble]}`, heal })
}

/** A vanished disk stays vanished for a store that saw it go: its node is started again. */
export const vanishDisk: Deed = (stage) => {
  const node = anyNode(stage)
  const { disk, name } = node
  const how = stage.random.pick(['gone', 'readOnly'] as const)
  disk[how] = true
  const heal = (): void => {
    disk[how] = false
    node.crash({ power: false, silent: false })
    stage.restart(node)
  }
  stage.ill({ machine: name, what: `disk is ${how}`, heal })
}
