/** Control messages of who is who: the grid, signing up, logging in and out. */
import { z } from 'zod'
import { accountName, key, none, opaqueMessage, vaultParts } from './control-parts.ts'
import { bytes, count, id } from './schema.ts'

export const accountMessages = {
  grid: {
    auth: 'open',
    request: none,
    answer: z.object({
      gridId: id,
      term: count,
      coordinatorKey: key,
      timeMs: count,
      signup: z.enum(['open', 'listed']),
      program: z.string(),
    }),
  },
  'signup/start': {
    auth: 'open',
    request: z.object({ name: accountName, registrationRequest: opaqueMessage }),
    answer: z.object({ registrationResponse: opaqueMessage }),
  },
  'signup/finish': {
    auth: 'open',
    request: z.object({
      account: id,
      name: accountName,
      registrationRecord: opaqueMessage,
      signingKey: key,
      boxKey: key,
      bundle: bytes({ max: 64 * 1024 }),
      home: z.object(vaultParts),
    }),
    answer: z.object({ account: id }),
  },
  'login/start': {
    auth: 'open',
    request: z.object({ name: accountName, startRequest: opaqueMessage }),
    answer: z.object({ login: id, loginResponse: opaqueMessage }),
  },
  'login/finish': {
    auth: 'open',
    request: z.object({ login: id, finishRequest: opaqueMessage }),
    answer: z.object({
      session: id,
      account: id,
      bundle: bytes({ max: 64 * 1024 }),
      expiresMs: count,
    }),
  },
  logout: { auth: 'session', request: none, answer: none },
  whoami: {
    auth: 'session',
    request: none,
    answer: z.object({
      account: id,
      name: accountName,
      quotaBytes: count.optional(),
      usedBytes: count,
      expiresMs: count,
    }),
  },
} as const
