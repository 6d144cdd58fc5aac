/** Connections over TLS to one pinned identity; loaded only where TLS is used. */
import { Agent, type AgentOptions } from 'node:https'
import { connect, type ConnectionOptions } from 'node:tls'
import type { Duplex } from 'node:stream'
import { limits } from '../../base/limits.ts'
import { checkPinnedIdentity, pinnedTlsOptions } from './tls.ts'

type Connected = (error: Error | null, stream: Duplex) => void

/** An agent that hands out a connection only after the other side proved `identity` (Ed25519 public key). */
export function pinnedAgent(options: AgentOptions, identity: Uint8Array): Agent {
  const agent = new Agent(options)
  agent.createConnection = (connection, connected) => {
    const socket = connect({ ...(connection as ConnectionOptions), ...pinnedTlsOptions })
    const failed = (error: Error): void => (connected as Connected)(error, socket)
    const patience = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), limits.connectMs)
    socket.once('close', () => clearTimeout(patience))
    socket.once('error', failed)
    socket.once('secureConnect', () => {
      clearTimeout(patience)
      socket.off('error', failed)
      try {
        checkPinnedIdentity(socket, identity)
      } catch (error) {
        socket.destroy()
        return (connected as Connected)(error as Error, socket)
      }
      return (connected as Connected)(null, socket)
    })
    return undefined
  }
  return agent
}
