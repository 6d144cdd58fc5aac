import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'

interface Entry {
  version?: string
  integrity?: string
  resolved?: string
  hasInstallScript?: boolean
  optionalDependencies?: Record<string, string>
}

for (const name of ['package-lock.json', '.runtime/package-lock.json']) {
  const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
  const { packages } = JSON.parse(text) as { packages: Record<string, Entry> }

  it(`${name} names no registry and holds what it needs for every system`, () => {
    for (const [place, entry] of Object.entries(packages)) {
      assert.equal(entry.resolved, undefined, `${place} has an address`)
      assert.ok(place === '' || entry.integrity, `${place} has no integrity`)
      assert.ok(!entry.hasInstallScript, `${place} wants to run a script when installed`)
      for (const optional of Object.keys(entry.optionalDependencies ?? {})) {
        const version =
          packages[`${place}/node_modules/${optional}`]?.version ??
          packages[`node_modules/${optional}`]?.version
        assert.ok(version, `${optional} is missing: npm ci refuses such a lockfile`)
      }
    }
  })
}
