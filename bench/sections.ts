/** What `npm run bench` measures, in this order. */
import type { Section } from './bench.ts'
import { budget } from './sections/budget.ts'
import { degraded } from './sections/degraded.ts'
import { latency } from './sections/latency.ts'
import { links } from './sections/links.ts'
import { policies } from './sections/policies.ts'
import { sealing } from './sections/sealing.ts'
import { spread } from './sections/spread.ts'
import { stream } from './sections/stream.ts'
import { throughput } from './sections/throughput.ts'
import { unchanged } from './sections/unchanged.ts'

export const sections: readonly Section[] = [
  throughput,
  unchanged,
  latency,
  degraded,
  policies,
  sealing,
  links,
  budget,
  stream,
  spread,
]
