import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { programFile } from '../../scripts/build.ts'
import type { Finished } from './programs.ts'
import { freePorts, Scratch } from './programs.ts'

interface Entry {
  readonly vault: string
  readonly path: string
  readonly pathBytes?: string
  readonly type: string
  readonly bytes: number
  readonly health?: string
}

function json({ out, error }: Finished): unknown {
  assert.notEqual(out, '', error)
  return JSON.parse(out)
}

function codeOf({ error }: Finished): string {
  const last = error.trimEnd().split('\n').at(-1)!
  return (JSON.parse(last) as { error: { code: string } }).error.code
}

it('keeps files, folders, links and names as they were', async (context) => {
  const scratch = new Scratch(context)
  await scratch.up(await freePorts())
  const source = join(scratch.folder, 'source')
  mkdirSync(join(source, 'empty folder'), { recursive: true })
  const odd = Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0x61, 0xff, 0x0a, 0x27])])
  const content = randomBytes(3_000_000)
  writeFileSync(odd, content)
  writeFileSync(join(source, 'empty'), '')
  writeFileSync(join(source, 'script.sh'), 'echo')
  chmodSync(join(source, 'script.sh'), 0o754)
  utimesSync(join(source, 'script.sh'), 1_700_000_000.123, 1_700_000_000.123)
  symlinkSync('../nowhere', join(source, 'link'))

  const put = await scratch.run(['put', '--json', source, 'home:/'])
  assert.equal(put.exit, 0, put.error)
  assert.equal((json(put) as { ok: boolean }).ok, true)
  const again = json(await scratch.run(['put', '--json', source, 'home:/'])) as {
    files: { state: string }[]
  }
  assert.deepEqual(new Set(again.files.map(({ state }) => state)), new Set(['unchanged']))

  const { entries } = json(await scratch.run(['ls', '--json', 'home:/source'])) as {
    entries: Entry[]
  }
  const named = entries.find(({ pathBytes }) => pathBytes !== undefined)!
  assert.equal(named.path, "/source/a\u{FFFD}\n'")
  const name = Buffer.from([0x61, 0xff, 0x0a, 0x27])
  assert.deepEqual(
    Buffer.from(named.pathBytes!, 'base64'),
    Buffer.concat([Buffer.from('/source/'), name]),
  )
  assert.ok(entries.every(({ type, health }) => type !== 'file' || health === 'complete'))
  const listed = await scratch.run(['ls', 'home:/source'])
  assert.ok(listed.out.split('\n').includes(String.raw`'a'$'\377\n'\'''`), listed.out)

  const target = join(scratch.folder, 'target')
  const got = await scratch.run(['get', '--json', 'home:/source', target])
  assert.equal(got.exit, 0, got.error)
  assert.deepEqual(
    readdirSync(target, { encoding: 'buffer' }).map(String).toSorted(),
    readdirSync(source, { encoding: 'buffer' }).map(String).toSorted(),
  )
  assert.ok(readFileSync(Buffer.concat([Buffer.from(`${target}/`), name])).equals(content))
  const script = lstatSync(join(target, 'script.sh'))
  assert.equal(script.mode & 0o7777, 0o754)
  assert.equal(Math.round(script.mtimeMs), 1_700_000_000_123)
  assert.equal(readlinkSync(join(target, 'link')), '../nowhere')

  const raw = `exec "$1" "$2" --home "$3" cat "$(printf 'home:/source/a\\377\\n\\047')"`
  const line = ['-c', raw, 'sh', process.execPath, programFile, scratch.home]
  const whole = spawnSync('bash', line, { maxBuffer: 2 ** 24 }).stdout
  assert.ok(whole.equals(content))
})

it('streams, and tells what cannot be done', async (context) => {
  const scratch = new Scratch(context)
  await scratch.up(await freePorts())
  const run = (...words: string[]) => scratch.run([...words, '--json'])
  const stored = await scratch.run(['put', '-', 'home:/in', '--json'], { input: 'abcdefghij' })
  assert.equal(stored.exit, 0, stored.error)
  const range = await run('cat', 'home:/in', '--range', '2-4')
  assert.equal(range.out, 'cde')
  assert.equal((await run('cat', 'home:/in', '--range', '-3')).out, 'hij')
  assert.equal((await run('get', 'home:/in', '-')).out, 'abcdefghij')

  const refusals: [exit: number, code: string, line: string[]][] = [
    [3, 'NOT_FOUND', ['cat', 'home:/none']],
    [3, 'NOT_FOUND', ['get', 'home:/none', scratch.folder]],
    [3, 'VAULT_NOT_FOUND', ['ls', 'photos:/']],
    [2, 'BAD_LOCATION', ['ls', 'home:x']],
    [2, 'BAD_LOCATION', ['cat', 'local']],
    [6, 'NOT_LOGGED_IN', ['ls', '--as', 'nobody']],
  ]
  for (const [exit, code, line] of refusals) {
    const refused = await run(...line)
    assert.equal(refused.exit, exit, `${line.join(' ')}: ${refused.error}`)
    assert.equal(codeOf(refused), code, line.join(' '))
  }

  const large = join(scratch.folder, 'large')
  writeFileSync(large, randomBytes(20_000_000))
  assert.equal((await run('put', large, 'home:/')).exit, 0)
  const pipe = `"$1" "$2" --home "$3" cat home:/large | head -c 5 | wc -c`
  const line = ['-c', pipe, 'sh', process.execPath, programFile, scratch.home]
  const headed = spawnSync('bash', line, { encoding: 'utf8' })
  assert.equal(headed.stderr, '')
  assert.equal(headed.stdout.trim(), '5')

  assert.equal((await run('rm', 'home:/in')).exit, 0)
  assert.equal((await run('cat', 'home:/in')).exit, 3)
})
