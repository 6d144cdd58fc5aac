import assert from 'node:assert/strict'
import { it } from 'node:test'
import { formatAddress, isLoopback, parseAddress } from '../base/address.ts'
import { nearest } from './problem.ts'
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts'

it('reads and writes durations', () => {
  const pairs: [string, number][] = [
    ['1500ms', 1500],
    ['15s', 15_000],
    ['90s', 90_000],
    ['36h', 129_600_000],
    ['30d', 2_592_000_000],
  ]
  for (const [text, valueMs] of pairs) {
    assert.equal(parseDuration(text), valueMs)
    assert.equal(parseDuration(formatDuration(valueMs)), valueMs)
  }
  assert.equal(parseDuration('1.5h'), 5_400_000)
  for (const text of ['', '15', 's', '-1s', '1e3s', '1.0001ms', '1 week', '99999999999999d']) {
    assert.equal(parseDuration(text), undefined, text)
  }
})

it('reads and writes sizes', () => {
  assert.equal(parseSize('4096'), 4096)
  assert.equal(parseSize('64KiB'), 65_536)
  assert.equal(parseSize('1.5GiB'), 1.5 * 2 ** 30)
  assert.equal(parseSize('10 GB'), 1e10)
  assert.equal(formatSize(64 * 1024), '64KiB')
  assert.equal(formatSize(65_537), '65537B')
  assert.equal(formatSize(0), '0B')
  for (const text of ['', 'KiB', '1kib', '-1', '0x10', '1.5B', '9999999TiB']) {
    assert.equal(parseSize(text), undefined, text)
  }
})

it('reads addresses', () => {
  assert.deepEqual(parseAddress('127.0.0.1:10001'), { host: '127.0.0.1', port: 10_001 })
  assert.deepEqual(parseAddress('[::1]:0'), { host: '::1', port: 0 })
  assert.equal(formatAddress({ host: '::1', port: 80 }), '[::1]:80')
  for (const text of ['', 'host', ':1', 'host:', '::1:80', 'a b:1', 'h:65536', '[x]:1', 'h:-1']) {
    assert.equal(parseAddress(text), undefined, text)
  }
  assert.ok(isLoopback('127.3.2.1') && isLoopback('::1') && !isLoopback('10.0.0.1'))
})

it('guesses what was meant', () => {
  assert.equal(nearest('lisen', ['listen', 'name']), 'listen')
  assert.equal(nearest('nmae', ['listen', 'name']), 'name')
  assert.equal(nearest('colour', ['listen', 'name']), undefined)
})
