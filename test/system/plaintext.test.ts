/** What coordinator and nodes wrote shows nothing of what was stored, of names, passwords and keys. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import type { TestContext } from 'node:test'
import { Grid, password } from './grid.ts'
import { Proxy } from './proxy.ts'

const content = 'The treasure lies under the third oak. '
const folderName = 'secret-plans-of-ada'
const fileName = 'where-the-treasure-lies.txt'
const linkName = 'a-link-to-the-treasure'
const vaultName = 'vault-of-the-conspiracy'

/** Each as its bytes, as hex and as base64 of the three places in a group of three. */
function shapesOf(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  const within = [0, 1, 2].map((skipped) => {
    const inner = bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3))
    return inner.toString('base64')
  })
  return [bytes, ...[bytes.toString('hex'), ...within].map((shape) => Buffer.from(shape))]
}

function filesBelow(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

/** The account's private keys, as the client keeps them for its session, in each shape they could have. */
function privateKeys(home: string): Buffer[] {
  const session = readFileSync(join(home, 'client', 'ada.json'), 'utf8')
  const kept = JSON.parse(session) as { signingSeed: string; boxKey: string }
  return [kept.signingSeed, kept.boxKey].flatMap((text) => {
    const bytes = Buffer.from(text, /^[0-9a-f]{64}$/.test(text) ? 'hex' : 'base64')
    assert.equal(bytes.length, 32)
    return [bytes, Buffer.from(bytes.toString('hex')), Buffer.from(bytes.toString('base64'))]
  })
}

it('leaves nothing readable at coordinator and nodes', async (context) => {
  const grid = await Grid.start(context, { toml: { grid: 'logLevel = "debug"' } })
  const source = join(grid.scratch.folder, folderName)
  mkdirSync(source)
  writeFileSync(join(source, fileName), content)
  writeFileSync(join(source, 'again.txt'), content.repeat(100_000))
  await grid.must('vault', 'create', vaultName)
  await grid.must('put', source, `${vaultName}:/`)
  writeFileSync(join(source, linkName), 'moved')
  await grid.must('put', source, `${vaultName}:/`)
  await grid.kill('n2')
  await grid.run(['cat', `${vaultName}:/${folderName}/${fileName}`])
  await grid.run(['get', `${vaultName}:/${folderName}/no-such-name-at-all`, '-'])
  await grid.run(['login', 'ada'], { environment: { HOLDFAST_PASSWORD: 'a wrong pass phrase' } })
  await grid.must('rm', `${vaultName}:/${folderName}/${linkName}`)
  await grid.start('n2')
  await grid.complete()
  await grid.stop(...grid.programs)

  const words = [content, folderName, fileName, linkName, vaultName, 'no-such-name-at-all']
  const shapes = [...words, password, 'a wrong pass phrase'].flatMap(shapesOf)
  shapes.push(...privateKeys(grid.scratch.home))
  const gridSecret = readFileSync(join(grid.folderOf('coordinator'), 'grid-secret'), 'utf8').trim()
  const files = grid.programs.flatMap((name) => filesBelow(grid.folderOf(name)))
  assert.ok(files.some((path) => path.endsWith('catalogue.db')))
  assert.ok(files.some((path) => path.endsWith('.seg')))
  assert.ok(files.some((path) => path.endsWith('log')))
  for (const path of files) {
    const bytes = readFileSync(path)
    const isSecret = path.endsWith('grid-secret')
    assert.ok(isSecret || !bytes.includes(Buffer.from(gridSecret, 'hex')), `${path}: grid secret`)
    assert.ok(isSecret || !bytes.includes(gridSecret), `${path}: grid secret`)
    for (const shape of shapes) assert.ok(!bytes.includes(shape), `${path} has ${shape.toString()}`)
  }
})

const accountName = 'ada-of-the-conspiracy'

/** Everything that crosses between client, coordinator and nodes while a secret is stored and fetched. */
async function recordedWith(context: TestContext, tls: 'always' | 'auto'): Promise<Buffer> {
  const proxies = new Map<string, Proxy>()
  for (const name of ['coordinator', 'n1', 'n2', 'n3', 'n4']) {
    const proxy = await Proxy.listen(context)
    proxy.isRecording = true
    proxies.set(name, proxy)
  }
  const announced = (program: string, address: string): string => {
    const proxy = proxies.get(program)!
    proxy.target = address
    return proxy.address
  }
  const grid = await Grid.start(context, { toml: { grid: `tls = "${tls}"` }, announced })
  await grid.signUp(accountName)
  const source = join(grid.scratch.folder, fileName)
  writeFileSync(source, content)
  await grid.must('vault', 'create', vaultName)
  await grid.must('put', source, `${vaultName}:/`)
  const { out } = await grid.run(['cat', `${vaultName}:/${fileName}`])
  assert.equal(out, content)
  return Buffer.concat([...proxies.values()].flatMap(({ recorded }) => recorded))
}

it('sends nothing readable, and with TLS not even the name of the account', async (context) => {
  const plain = await recordedWith(context, 'auto')
  const encrypted = await recordedWith(context, 'always')
  assert.ok(plain.includes(accountName), 'what crosses is recorded')
  const words = [content, fileName, vaultName, password]
  for (const crossed of [plain, encrypted]) {
    assert.ok(crossed.length > 10_000)
    for (const shape of words.flatMap(shapesOf)) {
      assert.ok(!crossed.includes(shape), `${shape.toString()} crossed`)
    }
  }
  for (const shape of shapesOf(accountName)) assert.ok(!encrypted.includes(shape))
})
