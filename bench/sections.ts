/** What `npm run bench` measures, in this order. */
import type { Section } from './bench.ts'
import { throughput } from './sections/throughput.ts'

export const sections: readonly Section[] = [throughput]
