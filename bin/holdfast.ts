/** The one executable: chooses the command and loads only what that command needs. */
import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

if (process.argv[2] === '--version') process.stdout.write(`${manifest.version}\n`)
