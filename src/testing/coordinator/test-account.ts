/** An account of a test: signs up, logs in, and writes packs and files as a client would, without its depth. */
import { concatBytes, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { Policy } from '../../core/policy.ts'
import { signVaultRecord } from '../../core/vault-record.ts'
import { sessionMacKey } from '../../wire/control-auth.ts'
import type { ControlClient, ControlSession } from '../../wire/control-client.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { OpaqueClient } from '../../core/opaque.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { Random } from '../../base/random.ts'
import type { MemoryNode } from './memory-node.ts'

/** Where a test account lives. */
export interface AccountWorld {
  readonly primitives: Primitives
  readonly random: Random
  readonly opaqueClient: OpaqueClient
  /** In the order in which packs are placed. */
  readonly nodes: readonly MemoryNode[]
  client(options?: { readonly source?: string }): ControlClient
}

export const testPolicy: Policy & { readonly code: 1 } = { code: 1, k: 2, m: 2, threshold: 3 }

export class TestAccount {
  readonly world: AccountWorld
  readonly name: string
  readonly password: string
  readonly account: string
  readonly seed: Uint8Array
  readonly signingKey: Uint8Array
  readonly boxKey: Uint8Array
  /** Id of its first vault. */
  readonly home: string
  readonly client: ControlClient

  constructor(world: AccountWorld, name: string, options: { readonly source?: string } = {}) {
    this.world = world
    this.name = name
    this.password = `password of ${name}`
    this.account = toHex(world.random.bytes(16))
    this.seed = world.random.bytes(32)
    this.signingKey = world.primitives.signingPublicKey(this.seed)
    this.boxKey = world.random.bytes(32)
    this.home = toHex(world.random.bytes(16))
    this.client = world.client(options)
  }

  /** Signed up and logged in. */
  static async enter(world: AccountWorld, name: string): Promise<TestAccount> {
    const account = new TestAccount(world, name)
    await account.signUp()
    await account.logIn()
    return account
  }

  async signUp(): Promise<void> {
    const { client, name, password } = this
    const opaque = this.world.opaqueClient
    const { state, registrationRequest } = opaque.startRegistration(password)
    const started = await client.call('signup/start', { name, registrationRequest })
    const { registrationResponse } = started
    const finish = { state, registrationResponse, password }
    const { registrationRecord } = await opaque.finishRegistration(finish)
    await client.call('signup/finish', this.signUpRequest(registrationRecord))
  }

  signUpRequest(registrationRecord: string): ControlRequest<'signup/finish'> {
    const { account, boxKey, name, signingKey } = this
    const bundle = new Uint8Array(300)
    const home = this.newVault(this.home)
    return { account, name, registrationRecord, signingKey, boxKey, bundle, home }
  }

  /** Logs in; the client has the session from then on. LOGIN_REFUSED. */
  async logIn(password = this.password): Promise<void> {
    this.client.useSession(await this.newSession(password))
  }

  /** Another session. LOGIN_REFUSED. */
  async newSession(password = this.password): Promise<ControlSession> {
    const { client, name, world } = this
    const opaque = world.opaqueClient
    const { state, startRequest } = opaque.startLogin(password)
    const { login, loginResponse } = await client.call('login/start', { name, startRequest })
    const finished = await opaque.finishLogin({ state, loginResponse, password })
    if (finished === undefined) throw new HoldfastError('LOGIN_REFUSED', 'the client noticed')
    const { finishRequest, sessionKey } = finished
    const { session } = await client.call('login/finish', { login, finishRequest })
    return { session, macKey: sessionMacKey(world.primitives, sessionKey) }
  }

  newVault(vault: string, policy = testPolicy): ControlRequest<'vault/create'> {
    const { primitives, random } = this.world
    const member = {
      account: Uint8Array.fromHex(this.account),
      signingKey: this.signingKey,
      boxKey: this.boxKey,
      rights: 'owner' as const,
    }
    const record = {
      vault: Uint8Array.fromHex(vault),
      number: 1,
      previousHash: undefined,
      owner: member.account,
      ownerKey: this.signingKey,
      createdMs: 1,
      policy,
      generation: 1,
      keyCommitment: new Uint8Array(32).fill(5),
      members: [member],
    }
    const signed = signVaultRecord(primitives, record, this.seed)
    return {
      vault,
      policy,
      record: signed.record,
      recordSignature: signed.signature,
      wrappedKeys: new Uint8Array(100),
      nameTag: concatBytes([random.bytes(32)]),
      sealedName: new Uint8Array(60),
    }
  }
}
