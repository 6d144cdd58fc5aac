import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldfastError } from '../../base/errors.ts'
import { systemClock } from '../../base/adapters/system-clock.ts'
import { Hearing } from '../../testing/files/hearing.ts'
import { Output } from '../output.ts'
import { plainJson, plainLine, plainLines } from './plain.ts'

const hostile =
  '\u001b]0;x\u0007 \u001b[2J \u009b31m \u202e \u2028 \u{e0001} \r\nholdfast: all fine'

test('what steers a terminal is shown, not done', () => {
  assert.equal(plainLine('a\u001b[2Jé\n'), 'a\\u{1b}[2Jé\\u{a}')
  assert.equal(plainLines('a\nb\u009b'), 'a\nb\\u{9b}')
  assert.equal(plainJson('a\u009b\u{e0001}'), '"a\\u009b\\udb40\\udc01"')
  assert.deepEqual(JSON.parse(plainJson({ hostile })), { hostile })
})

test('nothing that a command says steers the terminal', async () => {
  for (const json of [false, true]) {
    const hearing = new Hearing()
    const options = { json, quiet: false, progress: false, dataOnStandardOutput: false }
    const output = new Output(hearing.terminal, { ...options, clock: systemClock })
    output.error(new HoldfastError('MALFORMED', hostile, { hint: hostile, details: { hostile } }))
    output.note(hostile)
    output.warn(hostile)
    const error = { code: 'NOT_FOUND', message: hostile, hint: hostile } as const
    await output.event({ hostile }, hostile)
    await output.finish({ document: { hostile }, lines: [hostile], errors: [error], exit: 3 })
    const text = `${hearing.text}${hearing.error}`.replaceAll('\n', '')
    assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    assert.match(text, /u(\{9b\}|009b)/)
  }
})
