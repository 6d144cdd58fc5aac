/**
 * OPAQUE (RFC 9807) as client and coordinator use it, behind interfaces so that the simulated world can put
 * a deterministic pair in its place. Messages travel as text (base64url) and are opaque to the caller.
 */

/** The coordinator's half. All of it is pure but for `startLogin`, which draws randomness of its own. */
export interface OpaqueServer {
  /** Proves the server to clients that pin it. */
  readonly publicKey: string
  /**
   * `user` is the name the account logs in with: known and unknown names are evaluated alike, so that
   * nothing before the end of a log-in tells them apart. Throws MALFORMED.
   */
  registrationResponse(request: {
    readonly user: string
    readonly registrationRequest: string
  }): string
  /** Whether a client may register this: its form only. */
  acceptsRecord(registrationRecord: string): boolean
  /** With `registrationRecord` undefined, an answer no client can finish and none can tell. Throws MALFORMED. */
  startLogin(request: {
    readonly user: string
    readonly registrationRecord: string | undefined
    readonly startRequest: string
  }): { readonly loginResponse: string; readonly state: string }
  /** The session key, 64 bytes; undefined when the client did not know the password. */
  finishLogin(request: {
    readonly state: string
    readonly finishRequest: string
  }): Uint8Array | undefined
}

/** The client's half. The `finish…` steps stretch the password: about half a second and 64 MiB each. */
export interface OpaqueClient {
  startRegistration(password: string): {
    readonly state: string
    readonly registrationRequest: string
  }
  finishRegistration(request: {
    readonly state: string
    readonly registrationResponse: string
    readonly password: string
  }): Promise<OpaqueRegistration>
  startLogin(password: string): { readonly state: string; readonly startRequest: string }
  /** Undefined when password or account is wrong, or the server does not know the registration. */
  finishLogin(request: {
    readonly state: string
    readonly loginResponse: string
    readonly password: string
  }): Promise<OpaqueLogin | undefined>
}

export interface OpaqueRegistration {
  readonly registrationRecord: string
  /** 64 bytes, the same at every log-in with this password. */
  readonly exportKey: Uint8Array
  readonly serverPublicKey: string
}

export interface OpaqueLogin {
  readonly finishRequest: string
  /** 64 bytes, shared with the server. */
  readonly sessionKey: Uint8Array
  readonly exportKey: Uint8Array
  readonly serverPublicKey: string
}
