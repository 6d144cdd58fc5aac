import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { settingTables } from './document.ts'
import { loadSettings } from './load.ts'

const document = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')

for (const { header, rows } of settingTables()) {
  it(`docs/configuration.md describes ${header} as it is`, () => {
    const part = document.split(/^## /m).find((text) => text.startsWith(`\`${header}\``))
    assert.ok(part !== undefined, `a heading "## \`${header}\`" is missing`)
    const documented = part.split('\n').filter((line) => line.startsWith('| `'))
    assert.deepEqual(documented, rows)
  })
}

it('docs/configuration.md shows only configurations that are right', () => {
  const examples = [...document.matchAll(/^```toml\n(.*?)^```/gms)].map(([, text = '']) => text)
  assert.ok(examples.length >= 2)
  for (const text of examples) {
    loadSettings({ file: { name: 'the example', text }, environment: {} })
  }
})
