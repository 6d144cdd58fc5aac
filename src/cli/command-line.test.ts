import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { argument, argumentsOf } from './arguments.ts'
import type { Invocation } from './command.ts'
import { understand, wantsJson } from './command-line.ts'
import { commands } from './commands.ts'

function read(...words: string[]): Invocation {
  const understood = understand(words.map(argument), commands)
  assert.equal(understood.kind, 'run')
  return (understood as { invocation: Invocation }).invocation
}

function refusal(...words: string[]): HoldfastError {
  try {
    understand(words.map(argument), commands)
  } catch (error) {
    assert.ok(error instanceof HoldfastError)
    return error
  }
  throw new Error('nothing was refused')
}

it('takes global options anywhere', () => {
  for (const line of [
    ['--json', '--home', '/x', 'vault', 'create', 'photos', '--policy', '4+2'],
    ['vault', '--json', 'create', '--policy=4+2', 'photos', '--home=/x'],
    ['vault', 'create', 'photos', '--policy', '4+2', '--home', '/x', '--json'],
  ]) {
    const { command, operands, options, global } = read(...line)
    assert.deepEqual(command.words, ['vault', 'create'])
    assert.deepEqual(
      operands.map(({ text }) => text),
      ['photos'],
    )
    assert.equal(options.get('policy')?.text, '4+2')
    assert.equal(global.home?.text, '/x')
    assert.equal(global.json, true)
  }
})

it('ends options at --, and takes - for an operand', () => {
  const { operands, options } = read('put', '-', '--', '--checksum', '-l', 'home:/')
  assert.deepEqual(
    operands.map(({ text }) => text),
    ['-', '--checksum', '-l', 'home:/'],
  )
  assert.equal(options.size, 0)
})

it('joins short flags, and gives a value that begins with a dash', () => {
  const listed = read('list', '-lr', 'home:/')
  assert.deepEqual([...listed.options.keys()], ['long', 'recursive'])
  assert.equal(read('cat', 'home:/a', '--range', '-5').options.get('range')?.text, '-5')
})

function meaning(...words: string[]) {
  return understand(words.map(argument), commands)
}

it('shows help and version', () => {
  assert.equal(meaning('put', '--version').kind, 'version')
  assert.equal(meaning().kind, 'help')
  assert.deepEqual(meaning('--version'), { kind: 'version' })
  assert.deepEqual(meaning('vault', '--help'), { kind: 'help', group: 'vault' })
  const put = meaning('put', '-h')
  assert.deepEqual(put.kind === 'help' && put.command?.words, ['put'])
})

it('tells what is not there yet from what never was', () => {
  const later = [
    ['mv', 'a', 'b'],
    ['coordinator', 'kit'],
    ['vault', 'share', 'a', 'b'],
    ['put', '--detach', 'a', 'home:/'],
    ['put', 'a', 'home:/', '--if-version=x'],
    ['get', '--version', 'x', 'home:/a', '.'],
    ['up', '--gateway-port', '1'],
    ['lock', '--break', 'home:/a'],
  ]
  for (const line of later) {
    const { code, message } = refusal(...line)
    assert.equal(code, 'NOT_IN_THIS_VERSION', line.join(' '))
    assert.match(message, /not in this version/)
  }
  const never = [
    ['put'],
    ['frobnicate'],
    ['vault'],
    ['ls', '--lnog'],
    ['up', 'now'],
    ['cat', '-x', 'a'],
  ]
  for (const line of never) assert.equal(refusal(...line).code, 'BAD_USAGE', line.join(' '))
  assert.match(refusal('staus').hint, /Did you mean status\?/)
  assert.match(refusal('ls', '--lnog').hint, /Did you mean --long\?/)
  assert.match(refusal('ls', '--long=1').message, /--long takes no value/)
  assert.match(refusal('ls', '--home').message, /--home needs a value/)
  assert.match(refusal('put', 'a').message, /holdfast put needs SRC… DEST/)
  assert.match(refusal('vault', 'list', 'x').message, /takes no arguments/)
})

it('knows early whether JSON is wanted', () => {
  assert.equal(wantsJson(['put', '--json'].map(argument)), true)
  assert.equal(wantsJson(['put', '--', '--json'].map(argument)), false)
})

it('keeps the bytes of arguments that are not UTF-8', () => {
  const bytes = [
    utf8('node'),
    utf8('script'),
    utf8('put'),
    Uint8Array.of(0x61, 0xff),
    utf8('ü\u{FFFD}'),
  ]
  const line = new Uint8Array(bytes.flatMap((part) => [...part, 0]))
  const own = argumentsOf(['put', 'a\u{FFFD}', 'ü\u{FFFD}'], () => line)
  assert.deepEqual(own[1]!.bytes, Uint8Array.of(0x61, 0xff))
  assert.deepEqual(own[2]!.bytes, utf8('ü\u{FFFD}'))
  const other = argumentsOf(['b\u{FFFD}'], () => line)
  assert.deepEqual(other[0]!.bytes, utf8('b\u{FFFD}'))
  assert.deepEqual(argumentsOf(['\u{FFFD}'], () => undefined)[0]!.bytes, utf8('\u{FFFD}'))
  const option = understand(
    [
      argument('put'),
      { text: '--home=\u{FFFD}', bytes: Uint8Array.of(...utf8('--home='), 0xfe) },
      argument('a'),
      argument('b'),
    ],
    commands,
  )
  assert.deepEqual(
    option.kind === 'run' && option.invocation.global.home?.bytes,
    Uint8Array.of(0xfe),
  )
})

it('meets any line with a meaning or a refusal', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'put',
      'vault',
      'create',
      '--',
      '-',
      '--json',
      '--home',
      '-lr',
      '--range=',
      'constructor',
      '--__proto__',
      '',
    ),
    fc.string({ maxLength: 4 }),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      try {
        understand(words.map(argument), commands)
      } catch (error) {
        assert.ok(error instanceof HoldfastError, String(error))
      }
    }),
    { seed: 1, numRuns: 3000 },
  )
})
