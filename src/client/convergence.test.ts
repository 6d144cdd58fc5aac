/** Clients of one account that all write at once: whatever the order, all end with the same tree. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8ToText } from '../base/bytes.ts'
import { HoldfastError, type ErrorCode } from '../base/errors.ts'
import { clientGrid, type ClientGrid, type TestClient } from '../testing/client/client-grid.ts'
import { sampleFile, samplePath } from '../testing/client/sample-file.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { formatPath } from './tree/path.ts'
import { listFolder } from './tree/list-folder.ts'
import { removePath } from './commit/remove-path.ts'

/** What may be refused when others write at the same moment. */
const expected: ReadonlySet<ErrorCode> = new Set([
  'KIND_CONFLICT',
  'NOT_FOUND',
  'FOLDER_NOT_EMPTY',
  'EXISTS',
])
const places = ['a', 'b', 'a/a', 'a/b', 'b/a', 'a/a/a', 'a/a/b', 'b/a/a']

function tree({ committer }: TestClient): string[] {
  const { index, vault } = committer.feed
  return [...listFolder(index, { folder: vault.vault, recursive: true })].map(
    ({ path, entry }) =>
      `${utf8ToText(formatPath(path))} ${entry.kind} ${entry.version} ${entry.n}`,
  )
}

/** Version of what was put, when that was acknowledged. */
async function act(
  grid: ClientGrid,
  client: TestClient,
  random: SeededRandom,
): Promise<string | undefined> {
  const path = places[random.next() % places.length]!
  const { committer } = client
  switch (random.next() % 6) {
    case 0:
      await removePath(committer, { path: samplePath(path), recursive: true, now: false })
      return undefined
    case 1:
      await removePath(committer, { path: samplePath(path), recursive: false, now: true })
      return undefined
    case 2:
      await committer.submit({
        kind: 'folder',
        path: samplePath(path),
        mode: 0o700,
        modified: { seconds: random.next(), nanoseconds: 0 },
        ifThere: 'update',
      })
      return undefined
    case 3:
      await committer.feed.catchUp()
      return undefined
    default: {
      const file = sampleFile(grid, client, { path, text: path, chunks: random.next() % 2 })
      const outcome = await committer.submit(file)
      assert.equal(outcome.kind, 'committed')
      return file.version
    }
  }
}

async function tried(work: Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof HoldfastError && expected.has(error.code)) return undefined
    throw error
  }
}

for (const seed of [1, 2, 3]) {
  test(`three clients at random, seed ${seed}`, async () => {
    const grid = await clientGrid({ seed })
    const random = new SeededRandom(seed * 1000)
    const clients = [await grid.client('ada'), await grid.client('ada'), await grid.client('ada')]
    const acknowledged = new Set<string>()
    for (let round = 0; round < 25; round += 1) {
      const works = clients.flatMap((client) => [0, 1].map(() => tried(act(grid, client, random))))
      for (const version of await Promise.all(works)) if (version) acknowledged.add(version)
    }
    await Promise.all(clients.map(({ committer }) => committer.feed.catchUp()))
    const fresh = await grid.client('ada')
    const wanted = tree(fresh)
    for (const client of clients) assert.deepEqual(tree(client), wanted)
    assert.ok(acknowledged.size > 10)
    for (const line of wanted) {
      const [, kind, version] = line.split(' ')
      assert.ok(kind === 'folder' || acknowledged.has(version!), `${line} was acknowledged`)
    }
  })
}
