/** The opener's side of the handshake (docs/protocol.md, section 2). */
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Connection } from '../base/network.ts'
import type { Primitives } from '../core/primitives.ts'
import { decodeError } from './answers.ts'
import type { FrameMessage } from './frame.ts'
import { FrameLink } from './frame-link.ts'
import type { FrameLinkReceiver } from './frame-link.ts'
import { frameTypes, protocolVersions } from './frame-types.ts'
import { challengeBytes, encodeHello, encodeProve, openWelcome } from './handshake.ts'
import type { Welcome } from './handshake.ts'
import type { Opener, ShardClientWorld } from './shard-client.ts'

export interface OpenedLink {
  readonly link: FrameLink
  readonly welcome: Welcome
  /** From now on everything goes there. Call in the turn in which the link was opened. */
  receive(receiver: FrameLinkReceiver): void
}

/** Proves both sides on a fresh connection, and ends it when that fails. */
export async function openLink(
  world: ShardClientWorld,
  connection: Connection,
  options: { readonly identity: Uint8Array; readonly opener: Opener },
): Promise<OpenedLink> {
  const mailbox = new Mailbox()
  const link = new FrameLink(connection, mailbox, world.clock)
  const timer = world.clock.timer(limits.handshakeMs, () => {
    const message = `The node did not finish the handshake within ${limits.handshakeMs} ms`
    link.destroy(new HoldfastError('TIMED_OUT', message))
  })
  try {
    const welcome = await shakeHands(world, { ...options, link, mailbox })
    return { link, welcome, receive: (receiver) => mailbox.forward(receiver) }
  } catch (error) {
    link.destroy(
      error instanceof HoldfastError
        ? error
        : new HoldfastError('INTERNAL', 'The handshake failed', { cause: error }),
    )
    throw error
  } finally {
    timer.cancel()
  }
}

interface Handshake {
  readonly identity: Uint8Array
  readonly opener: Opener
  readonly link: FrameLink
  readonly mailbox: Mailbox
}

async function shakeHands(world: ShardClientWorld, handshake: Handshake): Promise<Welcome> {
  const { link, mailbox, opener, identity } = handshake
  const { primitives } = world
  const hello = encodeHello({ ...protocolVersions, challenge: world.random.bytes(challengeBytes) })
  say(link, frameTypes.hello, hello)
  const said = { hello, welcome: await mailbox.next(frameTypes.welcome) }
  const welcome = openWelcome(primitives, said.welcome, { hello, identity })
  const prove = encodeProve(primitives, proofOf(primitives, opener), { ...said, seed: opener.seed })
  say(link, frameTypes.prove, prove)
  await mailbox.next(frameTypes.ready)
  link.messageBytesMax = limits.framePayloadBytesMax
  return welcome
}

function proofOf(primitives: Primitives, opener: Opener) {
  return {
    role: opener.role,
    publicKey: primitives.signingPublicKey(opener.seed),
    term: opener.role === 'coordinator' ? opener.term : 0,
  }
}

function say(link: FrameLink, type: number, payload: Uint8Array): void {
  link.outbox.send({ requestId: 0, type, payload })
}

/** Holds one message until somebody asks for it; later hands everything on. */
class Mailbox implements FrameLinkReceiver {
  #message: FrameMessage | undefined
  #ended: HoldfastError | undefined
  #wake: (() => void) | undefined
  #receiver: FrameLinkReceiver | undefined

  message(message: FrameMessage): void {
    if (this.#receiver) {
      this.#receiver.message(message)
      return
    }
    if (this.#message) throw outOfTurn('message')
    this.#message = message
    this.#wake?.()
  }

  body(requestId: number, piece: Uint8Array, ended: boolean): void {
    if (!this.#receiver) throw outOfTurn('body')
    this.#receiver.body(requestId, piece, ended)
  }

  closed(reason: HoldfastError): void {
    this.#ended = reason
    this.#receiver?.closed(reason)
    this.#wake?.()
  }

  forward(receiver: FrameLinkReceiver): void {
    this.#receiver = receiver
    if (this.#ended) receiver.closed(this.#ended)
    else if (this.#message) receiver.message(this.#message)
  }

  /** Payload of the next message, which must be of this type. Throws what the node refused with. */
  async next(type: number): Promise<Uint8Array> {
    if (!this.#message && !this.#ended) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const message = this.#message
    this.#message = undefined
    if (message === undefined) throw this.#ended!
    if (message.type === frameTypes.error) throw decodeError(message.payload)
    if (message.type !== type || message.requestId !== 0) throw outOfTurn('message')
    return message.payload
  }
}

function outOfTurn(what: string): HoldfastError {
  return new HoldfastError('MALFORMED', `The node sent a ${what} out of turn`)
}
