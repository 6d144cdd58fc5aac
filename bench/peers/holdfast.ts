import { Grid } from '../processes/grid.ts'
import type { Scratch } from '../processes/scratch.ts'
import type { Usage } from '../processes/usage.ts'
import type { Subject } from './subject.ts'

/** Holdfast itself: a grid of four nodes, 2+2, through the launcher as people run it. */
export async function startHoldfast(scratch: Scratch): Promise<Subject> {
  const grid = await Grid.start(scratch)
  const used = async (...line: string[]): Promise<Usage> => await grid.measure(line)
  return {
    name: 'holdfast',
    encrypts: true,
    putFile: ({ source, name }) => used('put', source, `home:/${name}`),
    getFile: ({ name }) => used('cat', `home:/${name}`),
    putFolder: ({ source, name }) => used('put', source, `home:/${name}`),
    getFolder: ({ name }, target) => used('get', `home:/${name}`, target),
    stop: () => grid.stop(),
  }
}
