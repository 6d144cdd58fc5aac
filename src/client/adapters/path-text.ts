import { readlinkSync } from 'node:fs'

const namedByHandle = /^(\/proc\/self\/fd\/\d+)(.*)$/s
const temporary = /\/\.holdfast-[0-9a-f]{16}\.part$/
const charactersMax = 240

/** A local path for messages, as a user knows it: what is open has its name, a temporary file its folder's. */
export function pathText(path: Uint8Array): string {
  const text = withoutHandle(Buffer.from(path).toString())
  const folder = text.replace(temporary, '')
  return folder === text ? shown(text) : `a file in ${shown(folder)}`
}

function withoutHandle(text: string): string {
  const [, handle, rest] = namedByHandle.exec(text) ?? []
  if (handle === undefined) return text
  try {
    return `${readlinkSync(handle)}${rest!}`
  } catch {
    // It is closed by now.
    return text
  }
}

/** In quotes; of a very long one both ends. */
function shown(text: string): string {
  const quoted = JSON.stringify(text)
  if (quoted.length <= charactersMax) return quoted
  const half = charactersMax / 2
  return `${quoted.slice(0, half)} … ${quoted.slice(-half)} (${Buffer.byteLength(text)} bytes)`
}
