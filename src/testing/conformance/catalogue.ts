/**
 * What every engine of the catalogue must do. Each check runs on a new catalogue with nodes, one account and
 * its vault.
 */
import { after, describe, it } from 'node:test'
import { accountChecks } from './catalogue/accounts.ts'
import { collectionChecks } from './catalogue/collection.ts'
import { healingChecks } from './catalogue/healing.ts'
import { modelChecks } from './catalogue/model.ts'
import { packChecks } from './catalogue/packs.ts'
import { pairChecks } from './catalogue/pairs.ts'
import { readingChecks } from './catalogue/reading.ts'
import { commitChecks } from './catalogue/commits.ts'
import { treeChecks } from './catalogue/tree.ts'
import type { CatalogueHarness, OpenedCatalogue } from './catalogue/harness.ts'
import { Scene } from './catalogue/scene.ts'
import type { Check } from './catalogue/suite.ts'

const suites: Record<string, Record<string, Check>> = {
  accounts: accountChecks,
  commits: commitChecks,
  tree: treeChecks,
  packs: packChecks,
  reading: readingChecks,
  healing: healingChecks,
  collection: collectionChecks,
  pairs: pairChecks,
  model: modelChecks,
}

export interface ConformanceOptions {
  /** All checks on one catalogue, one after the other: where opening takes long. */
  readonly shared?: boolean
}

export function catalogueConformance(
  name: string,
  harness: CatalogueHarness,
  options: ConformanceOptions = {},
): void {
  let seed = 0
  let shared: Promise<OpenedCatalogue> | undefined
  after(async () => (await shared)?.end())
  const run = async (check: Check): Promise<void> => {
    if (options.shared) shared ??= harness.open()
    const opened = await (shared ?? harness.open())
    try {
      await check(await Scene.begin(opened, (seed += 1)))
    } finally {
      if (!options.shared) await opened.end()
    }
  }
  for (const [suite, checks] of Object.entries(suites)) {
    describe(`catalogue (${name}): ${suite}`, { concurrency: false }, () => {
      for (const [statement, check] of Object.entries(checks)) it(statement, () => run(check))
    })
  }
}
