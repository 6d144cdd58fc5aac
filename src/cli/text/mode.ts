import type { Entry } from '../results.ts'

const letters = { file: '-', folder: 'd', link: 'l' } as const

/** As `ls -l` shows type and permissions: `-rw-r--r--`. */
export function modeText({ type, mode }: Pick<Entry, 'type' | 'mode'>): string {
  const bits = 'rwxrwxrwx'.split('').map((letter, at) => (mode & (1 << (8 - at)) ? letter : '-'))
  const special: [bit: number, place: number, letter: string][] = [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ]
  for (const [bit, place, letter] of special) {
    if (mode & bit) bits[place] = bits[place] === 'x' ? letter : letter.toUpperCase()
  }
  return letters[type] + bits.join('')
}
