/** What a coordinator that lies tells of vaults, accounts and its grid: noticed, and nothing of it is kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeVaultRecord, encodeVaultRecord, signVaultRecord } from '../core/vault-record.ts'
import { clientGrid, primitives, type ClientGrid } from '../testing/client/client-grid.ts'
import { liedMachine } from '../testing/client/lied-machine.ts'
import { refusedWith } from '../testing/client/refused-with.ts'
import type { Lies } from '../testing/malicious-coordinator.ts'
import type { ControlAnswer } from '../wire/control.ts'
import { logIn } from './accounts.ts'
import { openSession, startSession, type Session } from './session.ts'
import { createVault, listVaults, openVault, parsePolicy } from './vaults.ts'

type Vaults = ControlAnswer<'vaults'>

const vaultLies: Record<string, (answer: Vaults, grid: ClientGrid) => Vaults> = {
  'a lowered policy': changeRow(({ policy }) => ({ policy: { ...policy, threshold: policy.k } })),
  'a lowered policy in the record': changeRow((row) => ({
    record: encodeVaultRecord({
      ...decodeVaultRecord(row.record),
      policy: { ...row.policy, threshold: row.policy.k },
    }),
    policy: { ...row.policy, threshold: row.policy.k },
  })),
  'a record that a foreign key signed': changeRow((row, grid) => {
    const seed = grid.random.bytes(32)
    const ownerKey = primitives.signingPublicKey(seed)
    const record = decodeVaultRecord(row.record)
    const members = [{ ...record.members[0]!, signingKey: ownerKey }]
    const signed = signVaultRecord(primitives, { ...record, ownerKey, members }, seed)
    return { record: signed.record, recordSignature: signed.signature }
  }),
  'keys that are not those of the record': ({ vaults }) => {
    const [first, second] = vaults
    return {
      vaults: [
        { ...first!, wrappedKeys: second!.wrappedKeys },
        { ...second!, wrappedKeys: first!.wrappedKeys },
      ],
    }
  },
  'the record of another vault': ({ vaults }) => {
    const [first, second] = vaults
    return {
      vaults: [
        { ...first!, ...recordOf(second!) },
        { ...second!, ...recordOf(first!) },
      ],
    }
  },
  'the name of another vault': ({ vaults }) => {
    const [first, second] = vaults
    return {
      vaults: [
        { ...first!, ...nameOf(second!) },
        { ...second!, ...nameOf(first!) },
      ],
    }
  },
  'an owner that is unknown': changeRow((_row, grid) => ({
    owner: grid.random.bytes(16).toHex(),
  })),
}

type VaultRow = Vaults['vaults'][number]

function recordOf({ record, recordSignature }: VaultRow): Partial<VaultRow> {
  return { record, recordSignature }
}

function nameOf({ nameTag, sealedName }: VaultRow): Partial<VaultRow> {
  return { nameTag, sealedName }
}

function changeRow(
  change: (row: VaultRow, grid: ClientGrid) => Partial<VaultRow>,
): (answer: Vaults, grid: ClientGrid) => Vaults {
  return ({ vaults }, grid) => ({ vaults: vaults.map((row) => ({ ...row, ...change(row, grid) })) })
}

for (const [what, lie] of Object.entries(vaultLies)) {
  test(`${what} is noticed when a vault is opened`, async () => {
    const { grid, session, lies } = await twoVaults()
    const lying: Lies['vaults'] = (answer) => lie(answer, grid)
    lies.vaults = lying
    for (const name of ['home', 'photos']) {
      await assert.rejects(openVault(session, { name }), refusedWith('RECORD_FORGED'))
    }
    delete lies.vaults
    assert.deepEqual((await openVault(session, { name: 'photos' })).policy.threshold, 2)
    assert.deepEqual((await listVaults(session)).length, 2)
  })
}

/** A machine that has logged in and knows nothing else yet. */
async function twoVaults(): Promise<{ grid: ClientGrid; session: Session; lies: Lies }> {
  const grid = await clientGrid()
  const setUp = await grid.client('ada')
  await createVault(setUp.session, { name: 'photos', policy: parsePolicy('1+1') })
  const { world, lies } = liedMachine(grid)
  await logIn(world, grid.credentials('ada'))
  return { grid, session: openSession(world), lies }
}

test('an older vault record than one that was seen is noticed, also by one that only lists', async () => {
  const { session } = await twoVaults()
  const { vault } = await openVault(session, { name: 'home' })
  const newer = { number: 2, hash: new Uint8Array(32), secrets: undefined }
  session.pins.raiseRecord(vault, newer)
  await assert.rejects(openVault(session, { name: 'home' }), refusedWith('RECORD_FORGED'))
  await assert.rejects(listVaults(session), refusedWith('RECORD_FORGED'))
  assert.deepEqual(session.pins.get(vault)?.record, newer)
})

test('keys that were unwrapped once are not asked for again', async () => {
  const { session } = await twoVaults()
  const { keys } = await openVault(session, { name: 'home' })
  const world = { ...session.world, keyWrap: () => assert.fail('HPKE is not needed') }
  const again = await openVault(startSession(world, session.stored), { name: 'home' })
  assert.deepEqual(again.keys, keys)
})

test('the bundle of another account, or another account, is noticed at log-in', async () => {
  const grid = await clientGrid()
  await grid.client('eve')
  await grid.client('ada')
  const eve = (await grid.catalogue.accountByName('eve'))!
  const { world, lies } = liedMachine(grid)
  lies['login/finish'] = (answer) => ({ ...answer, bundle: eve.bundle })
  const login = () => logIn(world, grid.credentials('ada'))
  await assert.rejects(login(), refusedWith('RECORD_FORGED'))
  lies['login/finish'] = (answer) => ({ ...answer, account: eve.account })
  await assert.rejects(login(), refusedWith('RECORD_FORGED'))
  delete lies['login/finish']
  lies.whoami = (answer) => ({ ...answer, name: 'eve' })
  await assert.rejects(login(), refusedWith('IDENTITY_MISMATCH'))
  delete lies.whoami
  assert.equal(world.sessions.load(), undefined)
  await login()
})

test('another grid than the one logged in to is noticed, whoever says so', async () => {
  const grid = await clientGrid()
  await grid.client('ada')
  const { world, lies } = liedMachine(grid)
  const login = () => logIn(world, grid.credentials('ada'))
  const gridId = grid.random.bytes(16).toHex()
  lies.grid = (answer) => ({ ...answer, gridId })
  await assert.rejects(login(), refusedWith('IDENTITY_MISMATCH'))
  delete lies.grid
  lies.cluster = (answer) => ({ ...answer, gridId })
  await assert.rejects(login(), refusedWith('IDENTITY_MISMATCH'))
  delete lies.cluster
  const stored = await login()
  lies.cluster = (answer) => ({ ...answer, gridId })
  const session = openSession(world)
  const creation = createVault(session, { name: 'photos', policy: parsePolicy('1+1') })
  await assert.rejects(creation, refusedWith('IDENTITY_MISMATCH'))
  delete lies.cluster
  const other = await clientGrid({ seed: 2 })
  await other.client('ada')
  const elsewhere = { ...other.machine(), sessions: world.sessions }
  await assert.rejects(logIn(elsewhere, other.credentials('ada')), refusedWith('IDENTITY_MISMATCH'))
  assert.deepEqual(world.sessions.load(), stored)
  world.sessions.save({ ...stored, term: 7 }, { chosen: true })
  await assert.rejects(login(), refusedWith('TERM_OLD'))
})
