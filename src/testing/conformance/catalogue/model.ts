/**
 * A catalogue as plain maps, and a random walk that compares the two: entries, heads and feed of one vault
 * under some hundred random commits.
 */
import assert from 'node:assert/strict'
import type { CommitAnswer, Conflict, OperationRow } from '../../../catalogue/rows/commits.ts'
import type { Id } from '../../../catalogue/ids.ts'
import type { Scene } from './scene.ts'
import type { Check } from './suite.ts'

interface ModelEntry {
  readonly parent: Id
  readonly tag: string
  readonly folder: boolean
  live: boolean
  last: OperationRow
}

class Model {
  readonly root: Id
  entries = new Map<Id, ModelEntry>()
  readonly feed: OperationRow[][] = []

  constructor(root: Id) {
    this.root = root
  }

  /** Does all or nothing. */
  commit(operations: readonly OperationRow[]): Conflict[] {
    const before = new Map([...this.entries].map(([id, entry]) => [id, { ...entry }]))
    const conflicts = operations.flatMap((operation, at): Conflict[] => {
      const why = this.#apply(operation)
      return why === undefined ? [] : [{ at, why }]
    })
    if (conflicts.length > 0) this.entries = before
    else this.feed.push([...operations])
    return conflicts
  }

  #apply(operation: OperationRow): Conflict['why'] | undefined {
    if (!this.visible(operation.parent, true)) return 'parent-gone'
    const entry = this.entries.get(operation.entry)
    const folder = operation.kind === 'folder'
    const tag = operation.tag.toHex()
    const { parent, previous } = operation
    if (entry === undefined) {
      if (previous !== undefined) return 'changed'
    } else {
      const moved = entry.parent !== parent || entry.tag !== tag || entry.folder !== folder
      if (moved) return 'entry-exists'
      if (entry.last.version !== previous) return 'changed'
      if (!entry.live && operation.tombstone) return 'changed'
      if (!entry.live && folder) return 'entry-exists'
    }
    const isNew = entry?.live !== true
    if (!operation.tombstone && isNew && this.#taken({ operation, tag })) return 'exists'
    const live = !operation.tombstone
    this.entries.set(operation.entry, { parent, tag, folder, live, last: operation })
    return undefined
  }

  #taken(name: { operation: OperationRow; tag: string }): boolean {
    for (const [id, entry] of this.entries) {
      if (id === name.operation.entry || !entry.live) continue
      if (entry.parent === name.operation.parent && entry.tag === name.tag) return true
    }
    return false
  }

  visible(id: Id, asFolder: boolean): boolean {
    if (id === this.root) return true
    const entry = this.entries.get(id)
    if (entry === undefined || !entry.live || (asFolder && !entry.folder)) return false
    return this.visible(entry.parent, true)
  }
}

const tags = Array.from({ length: 6 }, (_, at) => new Uint8Array(32).fill(at + 1))

/** A likely or unlikely operation on what there is. */
function randomOperation(scene: Scene, model: Model): OperationRow {
  const { random } = scene
  const known = [...model.entries]
  const folders = [scene.vault, ...known.filter(([, each]) => each.folder).map(([id]) => id)]
  if (known.length === 0 || random.chance(0.4)) {
    const kind = random.pick(['file', 'folder', 'link'] as const)
    return scene.file({ kind, parent: random.pick(folders), tag: random.pick(tags) })
  }
  const [, entry] = random.pick(known)
  const tombstone = random.chance(0.35)
  if (random.chance(0.1)) return scene.next(entry.last, { previous: scene.id(), tombstone })
  if (random.chance(0.05)) return scene.next(entry.last, { tag: random.pick(tags), tombstone })
  return scene.next(entry.last, { tombstone })
}

async function compareAnswer(scene: Scene, model: Model, answer: CommitAnswer): Promise<void> {
  if (answer.kind === 'committed') {
    assert.equal(answer.n, model.feed.length)
    scene.seen = { n: answer.n, h: answer.h }
  } else assert.equal(answer.kind, 'conflict')
}

async function compareFeed(scene: Scene, model: Model): Promise<void> {
  let after = 0
  while (after < model.feed.length) {
    const { vault } = scene
    const part = await scene.catalogue.feed({ vault, after, commitsMax: 64, bytesMax: 20_000 })
    assert.equal(part.n, model.feed.length)
    for (const commit of part.commits) {
      assert.equal(commit.n, after + 1)
      const expected = model.feed[after]!.map((operation) => operation.bytes)
      assert.deepEqual(commit.operations, expected)
      after += 1
    }
  }
}

export const modelChecks: Record<string, Check> = {
  async 'random commits do what a plain model does'(scene) {
    const model = new Model(scene.vault)
    let operations = 0
    for (let round = 0; round < 700; round += 1) {
      const count = scene.random.chance(0.2) ? scene.random.between(2, 12) : 1
      const batch = Array.from({ length: count }, () => randomOperation(scene, model))
      operations += count
      const answer = await scene.commit(batch)
      const conflicts = model.commit(batch)
      await compareAnswer(scene, model, answer)
      assert.deepEqual(answer.kind === 'conflict' ? answer.conflicts : [], conflicts)
    }
    assert(operations > 1200, `${operations}`)
    assert(model.feed.length > 100, `${model.feed.length}`)
    await compareFeed(scene, model)
    const files = [...model.entries.keys()].filter(
      (id) => model.visible(id, false) && !model.entries.get(id)!.folder,
    )
    const { vault } = scene
    const counts = await scene.catalogue.vaultHealth({ vault, up: [] })
    assert.equal(counts.complete, files.length)
  },
}
