import assert from 'node:assert/strict'
import { it } from 'node:test'
import { loadSettings } from './load.ts'
import { settingsToml } from './write.ts'

it('writes what loads to the same settings', () => {
  const text = `
    [grid]
    heartbeat = "100ms"
    [coordinator]
    nodeDown = "500ms"
    folder = "/x/ü \\"quoted\\" \\u0001"
    [[coordinator.users]]
    name = "ada"
    quota = "1536KiB"
    [[coordinator.users]]
    name = "bob"
  `
  const first = loadSettings({
    file: { name: 'a', text },
    environment: { HOLDFAST_GRID_NODES: '5' },
  })
  const written = settingsToml(first.lines, { 'node.name': 'n1' })
  const second = loadSettings({ file: { name: 'b', text: written }, environment: {} })
  assert.deepEqual(second.settings, {
    ...first.settings,
    node: { ...first.settings.node, name: 'n1' },
  })
})
