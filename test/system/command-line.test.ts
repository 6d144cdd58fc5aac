import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { programFile } from '../../scripts/build.ts'
import { root, Scratch } from './programs.ts'

it('starts from any folder, through links', (context) => {
  const scratch = new Scratch(context)
  const link = join(scratch.folder, 'a link')
  symlinkSync(join(root, 'holdfast'), link)
  const again = join(scratch.folder, 'again')
  symlinkSync('a link', again)
  const version = execFileSync(again, ['--version'], { cwd: scratch.folder, encoding: 'utf8' })
  assert.match(version, /^\d+\.\d+\.\d+\n$/)
})

it('starts in less than 150 ms of processor time', () => {
  const script = 'TIMEFORMAT="%3U %3S"; time "$1" --version >/dev/null'
  const times = Array.from({ length: 5 }, () => {
    const { stderr } = spawnSync('bash', ['-c', script, 'sh', join(root, 'holdfast')], {
      encoding: 'utf8',
    })
    const [user = 9, system = 9] = stderr.trim().split(' ').map(Number)
    return (user + system) * 1000
  })
  assert.ok(Math.min(...times) < 150, `${times.join(', ')} ms`)
})

it('exits 2 with JSON errors for what it does not know', async (context) => {
  const scratch = new Scratch(context)
  const lines = [['frobnicate'], ['mv', 'a', 'b'], ['up', '--nodes', 'x'], ['node', '--bogus']]
  for (const line of lines) {
    const { exit, out, error } = await scratch.run([...line, '--json'])
    assert.equal(exit, 2, line.join(' '))
    assert.equal(out, '')
    const { code } = (JSON.parse(error) as { error: { code: string } }).error
    assert.equal(code, { mv: 'NOT_IN_THIS_VERSION', up: 'BAD_CONFIG' }[line[0]!] ?? 'BAD_USAGE')
  }
})

it('shows and checks configurations', async (context) => {
  const scratch = new Scratch(context)
  const file = join(scratch.folder, 'grid.toml')
  writeFileSync(file, '[grid]\nnodes = 6\n[node]\nlisten = "x"\nzne = "a"\n')
  const wrong = await scratch.run(['config', 'check', file])
  assert.equal(wrong.exit, 2)
  assert.match(wrong.error, /grid\.toml:4: node\.listen is "x": must be an address "host:port"/)
  assert.match(wrong.error, /grid\.toml:5: node\.zne is no setting/)
  writeFileSync(file, '[grid]\nnodes = 6\n')
  assert.equal((await scratch.run(['config', 'check', file])).exit, 0)
  const environment = { HOLDFAST_GRID_BASE_PORT: '4000' }
  const shown = await scratch.run(['config', 'show', '--json', '--config', file], { environment })
  const { settings } = JSON.parse(shown.out) as {
    settings: { key: string; value: unknown; origin: string; where?: string }[]
  }
  const byKey = Object.fromEntries(settings.map((setting) => [setting.key, setting]))
  assert.deepEqual(byKey['grid.nodes'], {
    key: 'grid.nodes',
    value: 6,
    origin: 'file',
    where: `${file}:2`,
  })
  assert.equal(byKey['grid.basePort']?.origin, 'env')
  assert.equal(byKey['grid.coordinatorPort']?.origin, 'default')
  const missing = await scratch.run(['config', 'check', join(scratch.folder, 'none.toml')])
  assert.equal(missing.exit, 2)
  assert.match(missing.error, /There is no configuration file/)
})

it('says what a node lacks to run alone', async (context) => {
  const scratch = new Scratch(context)
  const { exit, error } = await scratch.run(['node'])
  assert.equal(exit, 2)
  assert.match(error, /node\.coordinatorIdentity is missing/)
})

it('takes arguments as bytes', (context) => {
  const scratch = new Scratch(context)
  mkdirSync(scratch.home)
  const script = `exec "$1" "$2" --home "$3" config check "$(printf 'a\\377b')"`
  const line = ['-c', script, 'sh', process.execPath, programFile, scratch.home]
  const { status, stderr } = spawnSync('bash', line, { encoding: 'utf8' })
  assert.equal(status, 2)
  assert.match(stderr, /must be UTF-8/)
})

it('is quiet when nobody reads any more', () => {
  const script = `"$1" "$2" config show --home /nonexistent | true; echo "\${PIPESTATUS[0]}"`
  const line = ['-c', script, 'sh', process.execPath, programFile]
  const { stdout, stderr } = spawnSync('bash', line, { encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.equal(stdout, '0\n')
})
