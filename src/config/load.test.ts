import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { HoldfastError } from '../base/errors.ts'
import type { Sources } from './load.ts'
import { loadSettings } from './load.ts'

function load(text: string, more: Partial<Sources> = {}): ReturnType<typeof loadSettings> {
  return loadSettings({ file: { name: 'grid.toml', text }, environment: {}, ...more })
}

function complaints(text: string, more: Partial<Sources> = {}): string {
  try {
    load(text, more)
  } catch (error) {
    assert.ok(error instanceof HoldfastError)
    assert.equal(error.code, 'BAD_CONFIG')
    return error.message
  }
  throw new Error('nothing was refused')
}

const key = 'ab'.repeat(32)

it('has defaults for everything', () => {
  const { settings, lines } = loadSettings({ environment: {} })
  assert.equal(settings.grid.nodes, 4)
  assert.equal(settings.coordinator.listen, '127.0.0.1:10000')
  assert.deepEqual(settings.coordinator.nodes, [])
  assert.equal(settings.node.coordinatorIdentity, undefined)
  assert.ok(lines.every(({ origin }) => origin === 'default'))
})

it('takes flags before environment before file before home', () => {
  const file = '[grid]\nnodes = 5\nbasePort = 5000\nlogLevel = "debug"'
  const { settings, lines } = load(file, {
    environment: { HOLDFAST_GRID_NODES: '6', HOLDFAST_GRID_BASE_PORT: '6000', HOME: '/root' },
    flags: { 'grid.nodes': { flag: '--nodes', text: '7' } },
    home: { 'grid.logLevel': 'error', 'client.coordinator': 'here:1' },
  })
  assert.equal(settings.grid.nodes, 7)
  assert.equal(settings.grid.basePort, 6000)
  assert.equal(settings.grid.logLevel, 'debug')
  assert.equal(settings.client.coordinator, 'here:1')
  const origins = Object.fromEntries(
    lines.map(({ key: name, origin, where }) => [name, [origin, where]]),
  )
  assert.deepEqual(origins['grid.nodes'], ['flag', '--nodes'])
  assert.deepEqual(origins['grid.basePort'], ['env', 'HOLDFAST_GRID_BASE_PORT'])
  assert.deepEqual(origins['grid.logLevel'], ['file', 'grid.toml:4'])
  assert.deepEqual(origins['client.coordinator'], ['home', 'HOME'])
})

it('reads nodes and users', () => {
  const { settings } = load(`
    [[coordinator.nodes]]
    name = "a"
    address = "10.0.0.1:10001"
    zone = "rack-1"
    identity = "${key}"
    [[coordinator.users]]
    name = "ada"
    quota = "10GiB"
    [[coordinator.users]]
    name = "bob"
  `)
  assert.deepEqual(settings.coordinator.nodes, [
    { name: 'a', address: '10.0.0.1:10001', zone: 'rack-1', identity: key },
  ])
  assert.deepEqual(settings.coordinator.users, [
    { name: 'ada', quota: 10 * 2 ** 30 },
    { name: 'bob', quota: undefined },
  ])
})

it('names file, line, key and what would be right, for all problems at once', () => {
  const message = complaints(`[grid]
nodes = 0
nods = 4
tls = "sometimes"
[coordinator]
trash = 15
[[coordinator.nodes]]
name = "a"
adress = "x:1"
[backup]
x = 1
`)
  assert.match(message, /wrong in 8 places/)
  assert.match(message, /grid\.toml:2: grid\.nodes is 0: must be a whole number from 4 to 64/)
  assert.match(message, /grid\.toml:3: grid\.nods is no setting: did you mean grid\.nodes\?/)
  assert.match(message, /grid\.toml:4: grid\.tls is "sometimes": must be "auto" or "always"/)
  assert.match(message, /grid\.toml:6: coordinator\.trash is 15: must be a duration from "1s"/)
  assert.match(
    message,
    /grid\.toml:9: coordinator\.nodes\[0\]\.adress .* coordinator\.nodes\[0\]\.address\?/,
  )
  assert.match(message, /grid\.toml:7: coordinator\.nodes\[0\]\.address is missing/)
  assert.match(message, /grid\.toml:7: coordinator\.nodes\[0\]\.identity is missing/)
  assert.match(message, /grid\.toml:10: backup is no setting: there are grid, coordinator/)
})

it('never takes a password', () => {
  const message = complaints('[[coordinator.users]]\nname = "ada"\npassword = "x"')
  assert.match(message, /grid\.toml:3: coordinator\.users\[0\]\.password is no setting/)
})

it('says where a text is not TOML', () => {
  assert.match(complaints('[grid]\nnodes = = 4'), /grid\.toml:2: this is not TOML/)
})

it('refuses what cannot be right together', () => {
  const twice = `[[coordinator.nodes]]\nname = "a"\naddress = "x:1"\nidentity = "${key}"\n`
  assert.match(
    complaints(twice + twice),
    /grid\.toml:6: coordinator\.nodes\[1\]\.name is "a", as in/,
  )
  assert.match(complaints('[grid]\nbasePort = 65535'), /with 4 nodes must be at most 65532/)
  assert.match(
    complaints('[grid]\ncoordinatorPort = 10003'),
    /one of the nodes' ports 10001 to 10004/,
  )
  assert.match(
    complaints('[coordinator]\nnodeDown = "1s"'),
    /at least twice grid\.heartbeat, "1400ms"/,
  )
})

it('refuses wrong variables and flags', () => {
  const message = complaints('', {
    environment: { HOLDFAST_GRID_NODE: '4', HOLDFAST_NODE_RESERVE: 'much', HOLDFAST_HOME: '/x' },
    flags: { 'grid.nodes': { flag: '--nodes', text: 'four' } },
  })
  assert.match(
    message,
    /HOLDFAST_GRID_NODE: there is no such setting: did you mean HOLDFAST_GRID_NODES\?/,
  )
  assert.match(message, /HOLDFAST_NODE_RESERVE is "much": must be a size/)
  assert.match(message, /--nodes is "four": must be a whole number/)
})

it('refuses variables that look like settings, and says where a file is named', () => {
  assert.match(hintOf({ HOLDFAST_CONFIG: '/x' }), /--config; Correct or unset the named variable/)
  assert.match(hintOf({ HOLDFAST_GRID: '1' }), /no such setting/)
  assert.match(hintOf({ HOLDFAST_GRID_NODES: 'x' }), /HOLDFAST_GRID_NODES is "x".*named variable/)
  assert.equal(hintOf({ HOLDFAST_ROUNDS: '9', HOLDFAST_PASSWORD: 'x' }), '')
  assert.throws(() => loadSettings({ environment: {}, flags: { 'grid.nodes': flagOf('2') } }), {
    message: 'The configuration is wrong: --nodes is "2": must be a whole number from 4 to 64',
    hint: 'Correct the named option',
  })
  const users = '[[coordinator.users]]\nname = "ada"\npassword = "x"\n'
  assert.throws(() => loadSettings({ environment: {}, file: { name: 'f', text: users } }), {
    message: /users\[0\]\.password is no setting: passwords never stand here$/,
  })
})

/** What is said of them, and what to do. */
function hintOf(environment: Record<string, string>): string {
  try {
    loadSettings({ environment })
  } catch (error) {
    assert.ok(error instanceof HoldfastError && error.code === 'BAD_CONFIG')
    return `${error.message}; ${error.hint}`
  }
  return ''
}

function flagOf(text: string): { flag: string; text: string } {
  return { flag: '--nodes', text }
}

it('meets any text with settings or BAD_CONFIG', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    '[[',
    ']]',
    '=',
    '"',
    "'",
    '"""',
    "'''",
    '\n',
    '.',
    '{',
    '}',
    ',',
    '#',
    '\\',
    ' ',
    'grid',
    'nodes',
    'coordinator',
    '__proto__',
    'constructor',
    '4',
    '1979-05-27',
    'true',
    'x',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        load(pieces.join(''))
      } catch (error) {
        assert.ok(error instanceof HoldfastError && error.code === 'BAD_CONFIG', String(error))
      }
    }),
    { seed: 1, numRuns: 2000 },
  )
})
