/** The node's side of the handshake (docs/protocol.md, section 2). */
import { equalBytes } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import type { FrameMessage } from '../wire/frame.ts'
import { frameTypes } from '../wire/frame-types.ts'
import {
  agreeOnVersion,
  challengeBytes,
  decodeHello,
  encodeWelcome,
  openProve,
} from '../wire/handshake.ts'
import type { Prove, Said } from '../wire/handshake.ts'
import { learnTerm } from './learn-term.ts'
import type { NodeContext } from './node-context.ts'

/** Takes the opener's messages in order until it has proved who it is. */
export class Arrival {
  readonly #context: NodeContext
  readonly #say: (type: number, payload: Uint8Array) => void
  #said: Said | undefined
  #isProving = false

  constructor(context: NodeContext, say: (type: number, payload: Uint8Array) => void) {
    this.#context = context
    this.#say = say
  }

  /**
   * Resolves with the opener once it is proven and `ready` was said; undefined when more is to come. Throws
   * MALFORMED, VERSION_UNSUPPORTED, FORBIDDEN, TERM_OLD.
   */
  async message(message: FrameMessage): Promise<Prove | undefined> {
    const { requestId, type, payload } = message
    const expected = this.#said === undefined ? frameTypes.hello : frameTypes.prove
    if (requestId !== 0 || type !== expected || this.#isProving) {
      throw new HoldfastError('MALFORMED', `A message of type ${type} is out of turn`)
    }
    if (this.#said === undefined) {
      this.#welcome(payload)
      return undefined
    }
    this.#isProving = true
    const opener = openProve(this.#context.primitives, payload, this.#said)
    if (opener.role === 'coordinator') await this.#admitCoordinator(opener)
    this.#say(frameTypes.ready, new Uint8Array(0))
    return opener
  }

  #welcome(hello: Uint8Array): void {
    const { store, primitives, random, identity, limits } = this.#context
    const welcome = encodeWelcome(
      primitives,
      {
        version: agreeOnVersion(decodeHello(hello)),
        publicKey: identity.publicKey,
        storeId: store.storeId,
        lastRecord: store.lastRecord,
        term: store.term,
        state: store.state.kind,
        challenge: random.bytes(challengeBytes),
        requestsMax: limits.connectionRequestsMax,
      },
      { seed: identity.seed, hello },
    )
    this.#said = { hello, welcome }
    this.#say(frameTypes.welcome, welcome)
  }

  async #admitCoordinator(opener: Prove): Promise<void> {
    if (!equalBytes(opener.publicKey, this.#context.coordinatorKey)) {
      throw new HoldfastError('FORBIDDEN', 'This node obeys another coordinator')
    }
    await learnTerm(this.#context, opener.term)
  }
}
