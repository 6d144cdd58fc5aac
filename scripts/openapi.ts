/** Writes docs/openapi.json from the schemas of the control messages. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApiDocument } from '../src/wire/openapi.ts'

const file = join(import.meta.dirname, '..', 'docs', 'openapi.json')
writeFileSync(file, `${JSON.stringify(openApiDocument(), undefined, 2)}\n`)
