import { toHex } from '../../base/bytes.ts'
import { hasCode, type ErrorCode } from '../../base/errors.ts'
import type { ControlAnswer, ControlName, ControlRequest } from '../../wire/control.ts'
import { CoordinatorWorld } from './coordinator-world.ts'
import { TestAccount } from './test-account.ts'

/** A world with one account that is logged in. */
export interface WritingWorld {
  readonly world: CoordinatorWorld
  readonly ada: TestAccount
  readonly newId: () => string
  readonly ask: <Name extends ControlName>(
    name: Name,
    request: ControlRequest<Name>,
  ) => Promise<ControlAnswer<Name>>
}

export async function startWriting(): Promise<WritingWorld> {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  return {
    world,
    ada,
    newId: () => toHex(world.random.bytes(16)),
    ask: (name, request) => world.run(ada.client.call(name, request)),
  }
}

/** For `assert.rejects`. */
export function refusedWith(...codes: readonly ErrorCode[]): (error: unknown) => boolean {
  return (error) => codes.some((code) => hasCode(error, code))
}
