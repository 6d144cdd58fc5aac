/**
 * OPAQUE's client half on opaque-ke. Passwords are stretched by Argon2id with 64 MiB and 3 passes
 * ("memory-constrained", RFC 9106's second choice): part of the registration, never to be changed.
 */
import { client, ready } from '@serenity-kit/opaque'
import { HoldfastError } from '../../base/errors.ts'
import type { OpaqueClient } from '../../core/opaque.ts'

const keyStretching = 'memory-constrained'
const keyBytes = 64

export async function createOpaqueClient(): Promise<OpaqueClient> {
  await ready
  return {
    startRegistration(password) {
      const { clientRegistrationState: state, registrationRequest } = client.startRegistration({
        password,
      })
      return { state, registrationRequest }
    },
    finishRegistration({ state, registrationResponse, password }) {
      return readable('registration response', () => {
        const finished = client.finishRegistration({
          clientRegistrationState: state,
          registrationResponse,
          password,
          keyStretching,
        })
        return {
          registrationRecord: finished.registrationRecord,
          exportKey: keyOf(finished.exportKey),
          serverPublicKey: finished.serverStaticPublicKey,
        }
      })
    },
    startLogin(password) {
      const { clientLoginState: state, startLoginRequest } = client.startLogin({ password })
      return { state, startRequest: startLoginRequest }
    },
    finishLogin({ state, loginResponse, password }) {
      return readable('log-in response', () => {
        const finished = client.finishLogin({
          clientLoginState: state,
          loginResponse,
          password,
          keyStretching,
        })
        return (
          finished && {
            finishRequest: finished.finishLoginRequest,
            sessionKey: keyOf(finished.sessionKey),
            exportKey: keyOf(finished.exportKey),
            serverPublicKey: finished.serverStaticPublicKey,
          }
        )
      })
    },
  }
}

/** The library throws one kind of error for whatever it cannot read. */
function readable<T>(what: string, run: () => T): Promise<T> {
  try {
    return Promise.resolve(run())
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Error') return Promise.reject(error)
    return Promise.reject(
      new HoldfastError('MALFORMED', `Cannot read the ${what}`, { cause: error }),
    )
  }
}

function keyOf(text: string): Uint8Array {
  const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  if (bytes.length === keyBytes) return bytes
  throw new HoldfastError('MALFORMED', `OPAQUE gave a key of ${bytes.length} bytes`)
}
