import { describeControl } from '../conformance/control.ts'
import { Scheduler } from './scheduler.ts'
import { SeededRandom } from './seeded-random.ts'
import { serveSimulatedControl, SimulatedControlTransport } from './simulated-control.ts'
import { simulatedNetwork } from './simulated-network.ts'

describeControl('the simulated network', () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  const network = simulatedNetwork({ scheduler, random: new SeededRandom(2) })
  const clock = scheduler.clock()
  return {
    clock,
    serve: (handler, address = 'coordinator:0') =>
      serveSimulatedControl(handler, { network: network.host('coordinator'), address, clock }),
    transport: (address) =>
      new SimulatedControlTransport({ network: network.host('client'), address, clock }),
    run: (done) => scheduler.run(done, { timeMaxMs: 3_600_000 }),
  }
})
