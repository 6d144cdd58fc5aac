/** Which function answers which message. */
import type { ControlName } from '../wire/control.ts'
import { finishLogin, logout, startLogin, whoAmI } from './accounts/login.ts'
import { finishSignup, startSignup } from './accounts/signup.ts'
import { hearNode, tellCluster, tellGrid } from './cluster/cluster-messages.ts'
import type { MessageHandler } from './context.ts'
import {
  lookUp,
  purgeEntries,
  tellFeed,
  tellHealth,
  tellVaultHealth,
} from './reads/read-messages.ts'
import { giveTicket } from './vaults/ticket.ts'
import { createVault, listVaults } from './vaults/vault-messages.ts'
import { commit } from './writes/commit.ts'
import {
  addShards,
  closeUpload,
  openUpload,
  registerPacks,
  stagePages,
  suspectShards,
  tellKnown,
} from './writes/upload-messages.ts'

export const messageHandlers = Object.freeze({
  grid: tellGrid,
  'signup/start': startSignup,
  'signup/finish': finishSignup,
  'login/start': startLogin,
  'login/finish': finishLogin,
  logout,
  whoami: whoAmI,
  cluster: tellCluster,
  ticket: giveTicket,
  vaults: listVaults,
  'vault/create': createVault,
  'upload/open': openUpload,
  'upload/close': closeUpload,
  known: tellKnown,
  'packs/register': registerPacks,
  'shards/add': addShards,
  'shards/suspect': suspectShards,
  'pages/stage': stagePages,
  commit,
  feed: tellFeed,
  lookup: lookUp,
  health: tellHealth,
  'vault/health': tellVaultHealth,
  purge: purgeEntries,
  heartbeat: hearNode,
} satisfies { readonly [Name in ControlName]: MessageHandler<Name> })
