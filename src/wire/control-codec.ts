/** Control messages to bytes and back, checked against their schemas in both directions. */
import { z } from 'zod'
import { utf8, utf8ToText } from '../base/bytes.ts'
import { errorFromJson, errorToJson, HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import {
  controlMessages,
  type ControlAnswer,
  type ControlMessage,
  type ControlName,
  type ControlRequest,
} from './control.ts'

const pathStart = '/v1/'
const errorSchema = z.object({
  error: z.object({
    code: z.string().max(64),
    message: z.string(),
    hint: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
})

export function controlPath(name: ControlName): string {
  return pathStart + name
}

/** The message a path names; undefined when there is none. */
export function controlNameOf(path: string): ControlName | undefined {
  if (!path.startsWith(pathStart)) return undefined
  const name = path.slice(pathStart.length)
  return Object.hasOwn(controlMessages, name) ? (name as ControlName) : undefined
}

/** Throws MALFORMED when it breaks a limit of the message. */
export function encodeRequest<Name extends ControlName>(
  name: Name,
  request: ControlRequest<Name>,
): Uint8Array {
  const encoded = messageOf(name).request.safeEncode(request)
  if (encoded.success) return utf8(JSON.stringify(encoded.data))
  throw new HoldfastError('MALFORMED', `Cannot ask for ${name}: ${firstIssue(encoded.error)}`)
}

/** Throws MALFORMED, saying where. */
export function decodeRequest<Name extends ControlName>(
  name: Name,
  body: Uint8Array,
): ControlRequest<Name> {
  const what = `the request ${name}`
  return decode(messageOf(name).request, body, what) as ControlRequest<Name>
}

export function encodeAnswer<Name extends ControlName>(
  name: Name,
  answer: ControlAnswer<Name>,
): Uint8Array {
  return utf8(JSON.stringify(messageOf(name).answer.encode(answer)))
}

/** Throws MALFORMED, saying where. */
export function decodeAnswer<Name extends ControlName>(
  name: Name,
  body: Uint8Array,
): ControlAnswer<Name> {
  const what = `the coordinator's answer to ${name}`
  return decode(messageOf(name).answer, body, what) as ControlAnswer<Name>
}

export function encodeError(error: unknown): Uint8Array {
  return utf8(JSON.stringify({ error: errorToJson(error) }))
}

/** The error in an answer; CONNECTION_LOST when it holds none: its bytes were changed on the way. */
export function decodeError(body: Uint8Array): HoldfastError {
  const parsed = errorSchema.safeParse(parseJson(body))
  return parsed.success
    ? errorFromJson(parsed.data.error)
    : new HoldfastError('CONNECTION_LOST', "Cannot read the coordinator's answer: it is damaged", {
        hint: 'Run the command again, and check the address: another program may answer there',
      })
}

function messageOf(name: ControlName): ControlMessage {
  return controlMessages[name]
}

function decode(schema: z.ZodObject, body: Uint8Array, what: string): unknown {
  const json = parseJson(body)
  if (json === undefined) throw new HoldfastError('MALFORMED', `Cannot read ${what}: it is no JSON`)
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw new HoldfastError('MALFORMED', `Cannot read ${what}: ${firstIssue(parsed.error)}`)
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return `${issue?.message} at "${issue?.path.join('.')}"`
}

/** Undefined when it is no JSON, or more of it than a message can need. */
function parseJson(body: Uint8Array): unknown {
  if (tokens(body) > limits.controlTokensMax) return undefined
  try {
    return JSON.parse(utf8ToText(body))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Commas and opening brackets: base64, hex and numbers have none. */
function tokens(body: Uint8Array): number {
  let count = 0
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at]!
    if (byte === 0x2c || byte === 0x5b || byte === 0x7b) count += 1
  }
  return count
}
