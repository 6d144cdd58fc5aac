/**
 * A coordinator that lies to its clients: it has all that a real one has, so its answers carry the right
 * proof. Wraps what carries control requests; tests change what comes back.
 */
import { fromHex, toHex } from '../base/bytes.ts'
import type { Primitives } from '../core/primitives.ts'
import { answerMac, controlHeaders } from '../wire/control-auth.ts'
import { controlNameOf, decodeAnswer, decodeRequest, encodeAnswer } from '../wire/control-codec.ts'
import type { ControlAnswer, ControlName, ControlRequest } from '../wire/control.ts'
import type { ControlHttpAnswer, ControlTransport } from '../wire/transport.ts'

/** For each message, what becomes of its answer. Answers that are errors stay as they are. */
export type Lies = {
  [Name in ControlName]?: (
    answer: ControlAnswer<Name>,
    request: ControlRequest<Name>,
  ) => ControlAnswer<Name>
}

type AnyLie = (answer: unknown, request: unknown) => ControlAnswer<ControlName>

export interface LyingParts {
  readonly primitives: Primitives
  /** Read at each answer: tests change it as they go. */
  readonly lies: Lies
  /** What the coordinator keeps of a session. */
  readonly macKeyOf: (session: string) => Promise<Uint8Array | undefined>
}

export function lyingTransport(honest: ControlTransport, parts: LyingParts): ControlTransport {
  return {
    async send(request, options) {
      const answer = await honest.send(request, options)
      const name = controlNameOf(request.path)
      const lie = name && (parts.lies[name] as AnyLie | undefined)
      if (!name || !lie || answer.status !== 200) return answer
      const changed = lie(decodeAnswer(name, answer.body), decodeRequest(name, request.body))
      const body = encodeAnswer(name, changed)
      return { ...answer, body, headers: await proven(parts, request.headers, { ...answer, body }) }
    },
    close: () => honest.close(),
  }
}

async function proven(
  { primitives, macKeyOf }: LyingParts,
  asked: Readonly<Record<string, string>>,
  answer: ControlHttpAnswer,
): Promise<Record<string, string>> {
  const session = asked[controlHeaders.session]
  const macKey = session === undefined ? undefined : await macKeyOf(session)
  if (macKey === undefined) return { ...answer.headers }
  const requestId = fromHex(asked[controlHeaders.request]!)!
  const { status, body } = answer
  const mac = toHex(answerMac(primitives, macKey, { requestId, status, body }))
  return { ...answer.headers, [controlHeaders.mac]: mac }
}
