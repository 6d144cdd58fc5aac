import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../base/errors.ts'
import { describeNetwork } from '../../testing/conformance/network.ts'
import type { NetworkUnderTest } from '../../testing/conformance/network.ts'
import { tcpNetwork } from './tcp-network.ts'

const identitySeed = new Uint8Array(32).fill(7)

function real(tls: 'off-loopback' | 'always'): NetworkUnderTest {
  const network = tcpNetwork({ tls, identitySeed })
  return {
    opener: network,
    server: network,
    listenAddress: '127.0.0.1:0',
    emptyAddress: '127.0.0.1:9',
    run: (done) => done,
  }
}

describeNetwork('TCP', () => real('off-loopback'))
describeNetwork('TLS', () => real('always'))

test('TLS takes the pinned identity and no other', async () => {
  const { createPublicKey, createPrivateKey } = await import('node:crypto')
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), identitySeed])
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  const identity = new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-32))
  const network = tcpNetwork({ tls: 'always', identitySeed })
  const listener = await network.listen('127.0.0.1:0', () => {})
  const connection = await network.connect(listener.address, { timeoutMs: 2000, identity })
  assert.equal(connection.secure, true)
  const other = identity.slice().fill(1, 3, 4)
  await assert.rejects(
    network.connect(listener.address, { timeoutMs: 2000, identity: other }),
    (error) => hasCode(error, 'IDENTITY_MISMATCH'),
  )
  await listener.close()
})
