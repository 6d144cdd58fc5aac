/** The OpenAPI document of the control protocol, from the schemas of its messages. */
import { z } from 'zod'
import { controlHeaders } from './control-auth.ts'
import { controlPath } from './control-codec.ts'
import { controlMessages, type ControlMessage, type ControlName } from './control.ts'

const headersOf = {
  open: [],
  session: [
    controlHeaders.session,
    controlHeaders.request,
    controlHeaders.time,
    controlHeaders.mac,
  ],
  node: [controlHeaders.node, controlHeaders.time, controlHeaders.signature],
} as const

/** Plain JSON, in the order of the table of messages. */
export function openApiDocument(): Record<string, unknown> {
  const names = Object.keys(controlMessages) as ControlName[]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast control protocol',
      version: '1',
      description:
        'See control.md for the proofs in the headers. Bytes are base64, ids lower-case hex.',
    },
    paths: Object.fromEntries(names.map((name) => [controlPath(name), { post: operation(name) }])),
    components: { schemas: { Error: errorSchema } },
  }
}

function operation(name: ControlName): Record<string, unknown> {
  const { auth, request, answer }: ControlMessage = controlMessages[name]
  return {
    operationId: name,
    parameters: headersOf[auth].map((header) => ({
      name: header,
      in: 'header',
      required: true,
      schema: { type: 'string' },
    })),
    requestBody: { required: true, content: jsonContent(jsonSchema(request)) },
    responses: {
      200: { description: 'Done', content: jsonContent(jsonSchema(answer)) },
      default: {
        description: 'Refused: errors.md lists codes and statuses',
        content: jsonContent({ $ref: '#/components/schemas/Error' }),
      },
    },
  }
}

const errorSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        hint: { type: 'string' },
        details: { type: 'object' },
      },
      required: ['code', 'message', 'hint'],
    },
  },
  required: ['error'],
}

function jsonContent(schema: unknown): Record<string, unknown> {
  return { 'application/json': { schema } }
}

/** As it travels: before bytes are decoded. */
function jsonSchema(schema: z.ZodObject): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}
