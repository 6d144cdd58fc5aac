import assert from 'node:assert/strict'
import { it } from 'node:test'
import { utf8ToText } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { Scheduler } from '../testing/simulation/scheduler.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { argument } from './arguments.ts'
import { commands } from './commands.ts'
import { worstExitCode } from './exit-code.ts'
import type { Context } from './main.ts'
import { main } from './main.ts'
import type { Outcome } from './output.ts'
import { ProgressLine, progressText } from './progress.ts'

async function play(
  line: string,
  run: (context: Context) => Promise<Outcome>,
  terminalLike = false,
) {
  let out = ''
  let error = ''
  const scheduler = new Scheduler(new SeededRandom(1))
  const exit = await main(line.split(' ').filter(Boolean).map(argument), {
    commands,
    load: () => Promise.resolve(run),
    version: '1.2.3',
    clock: scheduler.clock(),
    environment: {},
    signal: new AbortController().signal,
    terminal: {
      writeOut: (text) => {
        out += typeof text === 'string' ? text : utf8ToText(text)
        return Promise.resolve()
      },
      writeError: (text) => {
        error += text
      },
      outClosed: false,
      errorIsTerminal: terminalLike,
      inputIsTerminal: false,
      columns: 80,
    },
  })
  return { out, error, exit }
}

const done: Outcome = { document: { ok: true }, lines: ['done'], notes: ['by the way'], exit: 0 }

const finishes = (): Promise<Outcome> => Promise.resolve(done)

it('prints lines or one document, and notes elsewhere', async () => {
  assert.deepEqual(await play('status', finishes), {
    out: 'done\n',
    error: 'by the way\n',
    exit: 0,
  })
  assert.deepEqual(await play('status --quiet', finishes), { out: 'done\n', error: '', exit: 0 })
  assert.deepEqual(await play('status --json', finishes), {
    out: '{"ok":true}\n',
    error: '{"note":"by the way"}\n',
    exit: 0,
  })
})

async function writesBytes({ output }: Context): Promise<Outcome> {
  await output.data(new TextEncoder().encode('bytes'))
  return { document: { ok: true }, lines: [], exit: 0 }
}

it('leaves standard output to data', async () => {
  assert.deepEqual(await play('get home:/a - --json', writesBytes), {
    out: 'bytes',
    error: '{"ok":true}\n',
    exit: 0,
  })
  assert.deepEqual(await play('cat home:/a', writesBytes), { out: 'bytes', error: '', exit: 0 })
})

function refuses(): Promise<Outcome> {
  return Promise.reject(
    new HoldfastError('NODE_UNREACHABLE', 'Cannot reach n1', { details: { node: 'n1' } }),
  )
}

it('prints errors as two sentences or as JSON, with the exit code of their kind', async () => {
  assert.deepEqual(await play('status', refuses), {
    out: '',
    error: 'holdfast: Cannot reach n1.\nSee holdfast status for what is up.\n',
    exit: 7,
  })
  const { error, exit } = await play('status --json', refuses)
  assert.deepEqual(JSON.parse(error), {
    error: {
      code: 'NODE_UNREACHABLE',
      message: 'Cannot reach n1',
      hint: 'See holdfast status for what is up',
      details: { node: 'n1' },
    },
  })
  assert.equal(exit, 7)
  assert.equal((await play('nonsense --json', refuses)).exit, 2)
  const defect = await play('status --json', () => Promise.reject(new TypeError('oops')))
  assert.equal(defect.exit, 1)
  for (const line of defect.error.trimEnd().split('\n')) JSON.parse(line)
})

const never = (): Promise<Outcome> => Promise.reject(new Error('must not run'))

it('prints help and version as text and as JSON', async () => {
  assert.deepEqual(await play('--version', never), { out: '1.2.3\n', error: '', exit: 0 })
  assert.equal((await play('--version --json', never)).out, '{"version":"1.2.3"}\n')
  assert.match((await play('put --help', never)).out, /Usage: holdfast put \[OPTIONS\] SRC… DEST/)
  assert.match((await play('', never)).out, /Commands:/)
  for (const { words, examples } of commands) {
    const { out, exit } = await play(`${words.join(' ')} --help`, never)
    assert.equal(exit, 0)
    assert.ok(examples.length > 0 && out.includes(`holdfast ${examples[0]![0]}`), words.join(' '))
    assert.ok(
      out.split('\n').every((line) => line.length <= 96),
      out,
    )
  }
})

function draws({ output }: Context): Promise<Outcome> {
  output.progress({ action: 'put', doneBytes: 5, totalBytes: 10, doneFiles: 0, totalFiles: 1 })
  return Promise.resolve(done)
}

it('draws progress on a terminal only, and clears it', async () => {
  assert.equal((await play('put a home:/', draws)).error, 'by the way\n')
  assert.equal((await play('put a home:/ --no-progress', draws, true)).error, 'by the way\n')
  const { error } = await play('put a home:/', draws, true)
  const bar = `[${'#'.repeat(12)}${'.'.repeat(12)}]`
  assert.equal(error, `\rput  ${bar} 50%  5 B of 10 B\u001b[K\r\u001b[Kby the way\n`)
})

it('shows rate and remaining time', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  let drawn = ''
  const line = new ProgressLine(scheduler.clock(), {
    columns: 120,
    write: (text) => {
      drawn = text
    },
  })
  const MiB = 2 ** 20
  for (let at = 0; at <= 50; at += 1) {
    line.show({
      action: 'get',
      doneBytes: at * MiB,
      totalBytes: 100 * MiB,
      doneFiles: 3,
      totalFiles: 7,
    })
    await scheduler.advance(200)
  }
  assert.match(drawn, /50% {2}50\.0 MiB of 100 MiB {2}3\/7 files {2}5\.0 MiB\/s {2}10 s left/)
  const stream = { action: 'put', doneBytes: 2048, doneFiles: 0, totalFiles: 1 }
  assert.equal(progressText(stream, 1024, 79), 'put  2.0 KiB  1.0 KiB/s')
  const whole = { action: 'put', doneBytes: 400 * MiB, totalBytes: 400 * MiB, doneFiles: 1 }
  const narrow = progressText({ ...whole, totalFiles: 1 }, 80.1 * MiB, 79)
  assert.match(narrow, /^put {2}\[#{10,}\]100% {2}400 MiB of 400 MiB {2}80\.1 MiB\/s {2}0 s left$/)
  assert.ok(narrow.length <= 79)
})

it('chooses the exit code that matters most', () => {
  assert.equal(worstExitCode([]), 0)
  assert.equal(worstExitCode([2, 6, 4]), 4)
  assert.equal(worstExitCode([9, 7, 8]), 8)
  assert.equal(worstExitCode([1, 130]), 130)
})
