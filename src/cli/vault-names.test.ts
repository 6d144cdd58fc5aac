import assert from 'node:assert/strict'
import { test } from 'node:test'
import { argument } from './arguments.ts'
import { parseLocation } from './location.ts'
import { checkVaultName, vaultNameComplaint } from '../client/vault-name.ts'

test('what can be made can be named in a location, and nothing else', () => {
  const right = ['home', 'a1', 'fotos-ü', 'with.dot', '写真', 'x'.repeat(64)]
  for (const name of right) {
    checkVaultName(name)
    assert.equal(parseLocation(argument(`${name}:/x`)).kind, 'vault', name)
  }
  const wrong = ['x', '', 'two words', 'x'.repeat(65), 'a\u0085b', 'a\u202eb', '-ab', '.ab', 'a\\b']
  for (const name of wrong) {
    assert.ok(vaultNameComplaint(name), name)
    assert.throws(() => checkVaultName(name), { code: 'BAD_NAME' })
    assert.throws(() => parseLocation(argument(`${name}:/x`)), { code: 'BAD_LOCATION' }, name)
  }
})
