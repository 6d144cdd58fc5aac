/** Text from anywhere, for a terminal: nothing in it may steer one or change the look of what follows. */

const steering = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const steeringInLines = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Lines stay lines; what steers a terminal or cannot be seen is shown as `\u{9b}`. */
export function plainLines(text: string): string {
  return text.replace(steeringInLines, shown)
}

/** The same of what is to be one line. */
export function plainLine(text: string): string {
  return text.replace(steering, shown)
}

/** One line of JSON that says the same everywhere: what steers a terminal is written as `\u009b`. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(steering, escaped)
}

function shown(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}

/** As JSON writes it: one or two UTF-16 units. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
  }).join('')
}
