import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldfastError, type ErrorCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { clientGrid } from '../../testing/client/client-grid.ts'
import { sampleFile, samplePath } from '../../testing/client/sample-file.ts'
import { Batch } from './batch.ts'
import type { PlacedDraft } from './draft.ts'
import type { Pending } from './pending.ts'
import { refusalOf, type Verdict } from './verdicts.ts'

/** A batch of a file with a pack, a file of nothing, and a folder; what each learns of a refusal. */
async function scene() {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const pendings: Pending[] = [
    sampleFile(grid, ada, { path: '/with', text: 'with' }),
    sampleFile(grid, ada, { path: '/d/without', text: '', chunks: 0 }),
    {
      kind: 'folder',
      path: samplePath('/folder'),
      mode: 0o700,
      modified: { seconds: 0, nanoseconds: 0 },
      ifThere: 'keep',
    },
  ]
  const batch = new Batch(ada.session, ada.committer.feed)
  const placed = pendings.map((pending): PlacedDraft => {
    const draft = { pending, settle() {}, fail() {}, refusals: 0, fresh: false }
    const laid = batch.lay(pending, draft)
    return laid.kind === 'taken' ? { draft, at: laid.at } : assert.fail(laid.kind)
  })
  const refuse = (code: ErrorCode, details: Record<string, unknown> = {}) => {
    const refusal = refusalOf(new HoldfastError(code, 'No', { details }), batch, placed)
    return { behind: refusal.behind, verdicts: placed.map((one) => told(refusal.verdict(one))) }
  }
  const [first] = pendings
  return { refuse, placed, file: first?.kind === 'file' ? first : assert.fail() }
}

function told(verdict: Verdict): string {
  if (verdict.kind === 'settled') return verdict.outcome.kind
  if (verdict.kind === 'again') return 'again'
  return verdict.error instanceof HoldfastError ? verdict.error.code : assert.fail()
}

test('a conflict counts against those it names, or all when it is over a folder they need', async () => {
  const { refuse, placed } = await scene()
  assert.deepEqual(
    placed.map(({ at }) => at),
    [0, 2, 3],
  )
  const own = refuse('CHANGED', { conflicts: [{ at: 2, why: 'exists' }] })
  assert.deepEqual(own, { behind: true, verdicts: ['again', 'again', 'again'] })
  assert.deepEqual(
    placed.map(({ draft }) => draft.refusals),
    [0, 1, 0],
  )
  for (let tries = 2; tries < limits.commitTriesMax; tries += 1) {
    refuse('CHANGED', { conflicts: [{ at: 2, why: 'changed' }] })
  }
  const last = refuse('CHANGED', { conflicts: [{ at: 2, why: 'changed' }] })
  assert.deepEqual(last.verdicts, ['again', 'CHANGED', 'again'])
  refuse('CHANGED', { conflicts: [{ at: 1, why: 'parent-gone' }] })
  assert.deepEqual(
    placed.map(({ draft }) => draft.refusals),
    [1, limits.commitTriesMax + 1, 1],
  )
})

test('what concerns chunks, packs or the upload is told to whom it concerns', async () => {
  const { refuse, file } = await scene()
  const chunks = file.pages.inline[0]!.ids.toBase64()
  assert.deepEqual(refuse('CHUNKS_MISSING', { chunks }).verdicts, ['missing', 'again', 'again'])
  const packs = [file.packs![0]!.pack]
  assert.deepEqual(refuse('PACK_DEAD', { packs }).verdicts, ['dead', 'again', 'again'])
  const { upload } = file
  assert.deepEqual(refuse('NOT_FOUND', { upload }).verdicts, ['upload-gone', 'again', 'again'])
})

function all(code: ErrorCode): ErrorCode[] {
  return [code, code, code]
}

test('a refusal that concerns nothing here, or is final, fails all', async () => {
  const { refuse } = await scene()
  const chunks = new Uint8Array(32).toBase64()
  assert.deepEqual(refuse('CHUNKS_MISSING', { chunks }).verdicts, all('CHUNKS_MISSING'))
  assert.deepEqual(refuse('PACK_DEAD', { packs: ['other'] }).verdicts, all('PACK_DEAD'))
  for (const code of ['OVER_QUOTA', 'NOT_FOUND', 'FORBIDDEN', 'CONNECTION_LOST'] as const) {
    assert.deepEqual(refuse(code), { behind: false, verdicts: all(code) })
  }
  assert.deepEqual(refuse('FEED_FORKED'), { behind: true, verdicts: ['again', 'again', 'again'] })
})
