/** Commands about accounts and vaults. */
import type { CommandSpec, OptionSpec } from '../command.ts'

const passwordFile: OptionSpec = {
  name: 'password-file',
  value: 'FILE',
  doc: 'take the password from the first line of FILE',
}
const passwordNote =
  'The password comes from --password-file, else from HOLDFAST_PASSWORD, else from a prompt.'

export const accountCommands: readonly CommandSpec[] = [
  {
    words: ['signup'],
    summary: 'make an account with a vault "home", and log in',
    operands: 'NAME',
    operandsMin: 1,
    operandsMax: 1,
    options: [passwordFile],
    examples: [['signup ada', 'asks for a password, twice']],
    notes: [
      passwordNote,
      'Nobody can reset a password: without it the files of an account are lost.',
    ],
  },
  {
    words: ['login'],
    summary: 'log in; the session is kept in HOME/client',
    operands: 'NAME',
    operandsMin: 1,
    operandsMax: 1,
    options: [passwordFile],
    examples: [['login ada', 'asks for the password']],
    notes: [passwordNote],
  },
  {
    words: ['logout'],
    summary: 'end the stored session',
    operandsMin: 0,
    operandsMax: 0,
    options: [],
    examples: [['logout --as ada', 'of this account']],
  },
  {
    words: ['whoami'],
    summary: 'show which account is used',
    operandsMin: 0,
    operandsMax: 0,
    options: [],
    examples: [['whoami', 'account and how much it stores']],
  },
  {
    words: ['vault', 'create'],
    summary: 'make a vault',
    operands: 'NAME',
    operandsMin: 1,
    operandsMax: 1,
    options: [{ name: 'policy', value: 'K+M', doc: 'any K of K+M shards suffice to read (2+2)' }],
    examples: [['vault create photos --policy 4+2', 'survives the loss of any two of six nodes']],
  },
  {
    words: ['vault', 'list'],
    summary: 'list the vaults of this account',
    operandsMin: 0,
    operandsMax: 0,
    options: [],
    examples: [['vault list', 'name, policy, files, bytes']],
  },
  {
    words: ['vault', 'show'],
    summary: 'show one vault',
    operands: 'NAME',
    operandsMin: 1,
    operandsMax: 1,
    options: [],
    examples: [['vault show home', 'policy, threshold, how many files are complete']],
  },
]
