/** Commands that run the programs of a grid and show how they are. */
import type { CommandSpec } from '../command.ts'

const identity = {
  name: 'identity',
  doc: 'print the public key that others pin (made if there is none yet), and end',
}

export const gridCommands: readonly CommandSpec[] = [
  {
    words: ['up'],
    summary: 'run a whole grid on this machine',
    operandsMin: 0,
    operandsMax: 0,
    options: [
      { name: 'nodes', value: 'COUNT', doc: 'how many nodes (4)' },
      { name: 'base-port', value: 'PORT', doc: 'port of the first node (10001)' },
      { name: 'coordinator-port', value: 'PORT', doc: 'port of the coordinator (10000)' },
      { name: 'no-restart', doc: 'leave a process that died dead' },
    ],
    examples: [
      ['up', 'one coordinator and four nodes, until Ctrl-C'],
      ['up --nodes 7', 'on a home of four nodes: adds three'],
    ],
    notes: [
      'The first start makes the account "local" (its password is kept in HOME/client, unless HOLDFAST_PASSWORD is set) and the vault "home", and logs it in.',
    ],
  },
  {
    words: ['node'],
    summary: 'run one storage node, from the configuration',
    operandsMin: 0,
    operandsMax: 0,
    options: [identity],
    examples: [
      ['node --config node.toml', 'until SIGTERM'],
      ['node --config node.toml --identity', 'what coordinator.nodes must hold for it'],
    ],
  },
  {
    words: ['coordinator'],
    summary: 'run the coordinator, from the configuration',
    operandsMin: 0,
    operandsMax: 0,
    options: [identity],
    examples: [
      ['coordinator --config grid.toml', 'until SIGTERM'],
      ['coordinator --config grid.toml --identity', 'what nodes and clients must pin'],
    ],
  },
  {
    words: ['status'],
    summary: 'show what is up, and whether all files are complete',
    operandsMin: 0,
    operandsMax: 0,
    options: [],
    examples: [['status', 'coordinator, nodes, vaults']],
  },
  {
    words: ['config', 'show'],
    summary: 'show every setting with its value and where it comes from',
    operandsMin: 0,
    operandsMax: 0,
    options: [],
    examples: [['config show --config grid.toml', 'as the programs would read it']],
  },
  {
    words: ['config', 'check'],
    summary: 'check a configuration file, and name everything that is wrong',
    operands: '[FILE]',
    operandsMin: 0,
    operandsMax: 1,
    options: [],
    examples: [['config check grid.toml', 'exits 2 when something is wrong']],
  },
  {
    words: ['version'],
    summary: 'show the version of this program and what it runs on',
    operandsMin: 0,
    operandsMax: 0,
    options: [],
    examples: [['version', 'version of holdfast and of Node']],
  },
  {
    words: ['help'],
    summary: 'show help, also of one command',
    operands: '[COMMAND…]',
    operandsMin: 0,
    options: [],
    examples: [['help put', 'what put does']],
  },
]
