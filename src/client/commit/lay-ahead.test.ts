import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8ToText } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { clientGrid, directTransport, type TestClient } from '../../testing/client/client-grid.ts'
import { sampleFile, samplePath } from '../../testing/client/sample-file.ts'
import { controlPath } from '../../wire/control-codec.ts'
import { listFolder } from '../tree/list-folder.ts'
import { formatPath } from '../tree/path.ts'

type Step = (other: TestClient) => Promise<unknown>

/** `behind` is submitted while the commit of `first` is under way; `meanwhile` happens then, before it arrives. */
async function putBehind(plan: {
  readonly first: readonly string[]
  readonly behind: readonly string[]
  readonly meanwhile?: Step
  /** Of what is behind, once it is laid. */
  readonly signal?: AbortController
}) {
  const grid = await clientGrid()
  let isHeld = false
  let commits = 0
  const reached = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const world = grid.machine(() => {
    const direct = directTransport(grid.handle)
    return {
      ...direct,
      async send(request, options) {
        if (request.path === controlPath('commit')) commits += 1
        if (request.path === controlPath('commit') && isHeld) {
          isHeld = false
          reached.resolve()
          await go.promise
        }
        return await direct.send(request, options)
      },
    }
  })
  const ada = await grid.client('ada', world)
  const other = await grid.client('ada')
  const put = (path: string, signal?: AbortSignal) =>
    ada.committer
      .submit({ ...sampleFile(grid, ada, { path, text: path, chunks: 0 }), signal })
      .then(({ kind }) => kind)
      .catch((error: unknown) => (error as HoldfastError).code)
  isHeld = true
  const first = plan.first.map((path) => put(path))
  await reached.promise
  const behind = plan.behind.map((path) => put(path, plan.signal?.signal))
  await new Promise(setImmediate)
  await plan.meanwhile?.(other)
  plan.signal?.abort(new HoldfastError('INTERRUPTED', 'as planned'))
  go.resolve()
  const outcomes = [...(await Promise.all(first)), ...(await Promise.all(behind))]
  const { index, vault } = ada.committer.feed
  const listing = [...listFolder(index, { folder: vault.vault, recursive: true })].map(({ path }) =>
    utf8ToText(formatPath(path)),
  )
  const late = await grid.client('ada')
  assert.deepEqual(late.committer.feed.index.state(), index.state())
  return { outcomes, listing, commits }
}

const committed = (count: number): string[] => Array<string>(count).fill('committed')

test('files laid behind a commit share the folders it makes', async () => {
  const { outcomes, listing, commits } = await putBehind({
    first: ['/a/b/1', '/x'],
    behind: ['/a/b/2', '/a/b/c/3', '/a/4', '/d/5'],
  })
  assert.deepEqual(outcomes, committed(6))
  assert.equal(commits, 2)
  const paths = ['/a', '/a/4', '/a/b', '/a/b/1', '/a/b/2', '/a/b/c', '/a/b/c/3', '/d', '/d/5', '/x']
  assert.deepEqual(listing, paths)
})

test('the same path again waits for the commit under way', async () => {
  const { outcomes, listing } = await putBehind({ first: ['/a/1'], behind: ['/a/1', '/a/2'] })
  assert.deepEqual(outcomes, committed(3))
  assert.deepEqual(listing, ['/a', '/a/1', '/a/2'])
})

test('a file below one that is under way, or in place of its folder, is refused', async () => {
  const { outcomes, listing } = await putBehind({
    first: ['/a/1', '/b'],
    behind: ['/a', '/b/below', '/c'],
  })
  assert.deepEqual(outcomes, [...committed(2), 'KIND_CONFLICT', 'KIND_CONFLICT', 'committed'])
  assert.deepEqual(listing, ['/a', '/a/1', '/b', '/c'])
})

test('what was laid behind a commit that is refused is laid anew', async () => {
  const { outcomes, listing } = await putBehind({
    first: ['/a/1', '/x'],
    behind: ['/a/2', '/y'],
    async meanwhile({ committer }) {
      const modified = { seconds: 1, nanoseconds: 0 }
      const folder = { kind: 'folder', mode: 0o700, modified, ifThere: 'refuse' } as const
      await committer.submit({ ...folder, path: samplePath('/a') })
      await committer.submit({ ...folder, path: samplePath('/a/b') })
    },
  })
  assert.deepEqual(outcomes, committed(4))
  assert.deepEqual(listing, ['/a', '/a/1', '/a/2', '/a/b', '/x', '/y'])
})

test('what is given up while it waits laid is not sent', async () => {
  const { outcomes, listing } = await putBehind({
    first: ['/1'],
    behind: ['/2', '/3'],
    signal: new AbortController(),
  })
  assert.deepEqual(outcomes, ['committed', 'INTERRUPTED', 'INTERRUPTED'])
  assert.deepEqual(listing, ['/1'])
})
