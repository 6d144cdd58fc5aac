/** Commits on and on, many at a time, and reports each that was answered. Run by the crash test. */
import { openSqliteCatalogue } from '../../../catalogue/adapters/sqlite-worker.ts'
import { Scene } from './scene.ts'

const [path = '', seed = '1'] = process.argv.slice(2)
const catalogue = await openSqliteCatalogue(path)
const scene = await Scene.begin({ catalogue, advance: () => {}, end: async () => {} }, Number(seed))

async function commitForever(): Promise<never> {
  for (;;) {
    const chunk = scene.chunk()
    const file = scene.file({ chunks: [chunk.id] })
    const upload = scene.id()
    const answer = await scene.commit([file], { upload, packs: [scene.pack([chunk])] })
    if (answer.kind !== 'committed') throw new Error(`not committed: ${answer.kind}`)
    process.send!({ vault: scene.vault, n: answer.n, bytes: file.bytes.toHex() })
  }
}

await Promise.all(Array.from({ length: 8 }, commitForever))
