/** A process that commits without end is killed at a random moment: all that it reported is there. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { it } from 'node:test'
import { openInline, temporaryFolder } from '../../testing/conformance/catalogue/sqlite-harness.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'
import { openSqliteDatabase } from './open-inline.ts'

interface Report {
  readonly vault: string
  readonly n: number
  readonly bytes: string
}

/** What the child reported until it was killed, after `reports` of them. */
function runAndKill(path: string, seed: number, reports: number): Promise<Report[]> {
  const program = join(import.meta.dirname, '../../testing/conformance/catalogue/commit-forever.ts')
  const child = fork(program, [path, String(seed)], { stdio: 'inherit' })
  const heard: Report[] = []
  return new Promise((resolve, reject) => {
    child.on('message', (report) => {
      heard.push(report as Report)
      if (heard.length === reports) child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(heard)
      else reject(new Error('the committing process ended by itself'))
    })
  })
}

it('kill -9 loses no commit that was answered', async () => {
  const folder = temporaryFolder()
  const random = new SeededRandom(11)
  const path = join(folder.path, 'catalogue.db')
  const expected = new Map<string, Map<number, string>>()
  for (let round = 1; round <= 4; round += 1) {
    for (const { vault, n, bytes } of await runAndKill(path, round, random.between(5, 120))) {
      const ofVault = expected.get(vault) ?? new Map<number, string>()
      expected.set(vault, ofVault.set(n, bytes))
    }
    const database = openSqliteDatabase(path)
    assert.deepEqual(database.run('pragma integrity_check'), [
      Object.assign(Object.create(null), { integrity_check: 'ok' }),
    ])
    const catalogue = await openInline(database)
    for (const [vault, commits] of expected) {
      const request = { vault, after: 0, commitsMax: 10_000, bytesMax: 1 << 30 }
      const feed = await catalogue.feed(request)
      const found = new Map(feed.commits.map((each) => [each.n, each.operations[0]!.toHex()]))
      for (const [n, bytes] of commits) assert.equal(found.get(n), bytes)
      assert.deepEqual(
        feed.commits.map((each) => each.n),
        Array.from({ length: feed.n }, (_, at) => at + 1),
      )
    }
    database.close()
  }
  folder.remove()
})
