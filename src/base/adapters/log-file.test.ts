import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { openLogFile } from './log-file.ts'
import { systemClock } from './system-clock.ts'

it('keeps what matters, in two bounded files that only the owner reads', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-log-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'log')
  const log = openLogFile({ path, level: 'info', bytesMax: 1000, clock: systemClock })
  log.debug('left out')
  for (let at = 0; at < 100; at += 1) log.info('event', { at, large: 2n ** 60n })
  log.error('last', { error: new Error('why') })
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const last = JSON.parse(lines.at(-1)!) as { event: string; error: { message: string } }
  assert.equal(last.event, 'last')
  assert.equal(last.error.message, 'why')
  for (const name of [path, `${path}.1`]) {
    assert.ok(statSync(name).size <= 1000)
    assert.equal(statSync(name).mode & 0o777, 0o600)
  }
})

it('stops nothing when it cannot write', () => {
  const path = '/nonexistent/folder/log'
  openLogFile({ path, level: 'info', bytesMax: 1000, clock: systemClock }).info('event')
})
