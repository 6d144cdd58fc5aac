import { systemClock } from '../../base/adapters/system-clock.ts'
import { silentLogger } from '../../base/logger.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { describeControl } from '../../testing/conformance/control.ts'
import type { ControlUnderTest } from '../../testing/conformance/control/scene.ts'
import { createHttpTransport } from './http-client.ts'
import { serveHttp } from './http-server.ts'
import { tlsServerOptions } from './tls.ts'

const seed = new Uint8Array(32).fill(1)

function real(isTls: boolean): ControlUnderTest {
  const tls = isTls ? tlsServerOptions(seed) : undefined
  const identity = isTls ? createNativePrimitives().signingPublicKey(seed) : undefined
  return {
    clock: systemClock,
    serve: (handler, address = '127.0.0.1:0') =>
      serveHttp(handler, { address, tls, logger: silentLogger }),
    transport: (address) => createHttpTransport({ address, identity }),
    run: (done) => done,
  }
}

describeControl('HTTP', () => real(false))
describeControl('TLS', () => real(true))
