/**
 * `npm run bench [-- --quick] [--only NAME…] [--json FILE]`: measures the built product on this machine and
 * prints tables. docs/benchmarks.md says what each section does.
 */
import { writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, Section, SectionReport } from './bench.ts'
import { Scratch } from './processes/scratch.ts'
import { describeMachine } from './report/machine.ts'
import { tableMarkdown, tableText } from './report/table.ts'
import { sections } from './sections.ts'
import { fullSizes, hugeStreamBytes, quickSizes } from './sizes.ts'
import type { Sizes } from './sizes.ts'

const usage = `npm run bench -- [options]

  --quick         little of everything: shows that it works, not how fast
  --huge          16 GiB instead of 4 through standard input and output
  --only NAMES    these sections alone, with commas between
  --folder DIR    where grids keep their shards (the file system that is measured)
  --port N        the first port that may be used (default 21000)
  --rounds N      how often whole commands are repeated (default 3)
  --json FILE     writes everything there as JSON
  --markdown      prints tables as docs/benchmarks.md has them

sections: ${sections.map(({ name }) => name).join(', ')}
programs of others: on PATH, or in $PEERS/bin (default ~/peers/bin)`

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    huge: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    folder: { type: 'string' },
    port: { type: 'string', default: '21000' },
    rounds: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function chosenSizes(): Sizes {
  const base = flags.quick ? quickSizes : fullSizes
  return {
    ...base,
    ...(flags.huge && { streamBytes: hugeStreamBytes }),
    ...(flags.rounds !== undefined && { rounds: Number(flags.rounds) }),
  }
}

/** Undefined when one of them does not exist, which is said. */
function chosenSections(): readonly Section[] | undefined {
  const only = flags.only?.flatMap((names) => names.split(','))
  if (only === undefined) return sections
  const unknown = only.filter((name) => !sections.some((section) => section.name === name))
  if (unknown.length > 0) {
    console.error(`There is no section ${unknown.join(', ')}\n\n${usage}`)
    return undefined
  }
  return sections.filter(({ name }) => only.includes(name))
}

async function main(): Promise<void> {
  const chosen = chosenSections()
  if (chosen === undefined) {
    process.exitCode = 2
    return
  }
  const scratch = new Scratch({ folder: flags.folder, port: Number(flags.port) })
  endPolitely(scratch)
  const sizes = chosenSizes()
  const machine = describeMachine(scratch.disk)
  const reports: (SectionReport & { readonly name: string; readonly title: string })[] = []
  try {
    console.log(
      Object.entries(machine)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    )
    for (const section of chosen) {
      const report = await section.run(benchOf(scratch, sizes))
      say('')
      reports.push({ name: section.name, title: section.title, ...report })
      const text = flags.markdown ? tableMarkdown : tableText
      for (const table of report.tables) console.log(`\n${text(table)}`)
    }
  } finally {
    await scratch.clear()
  }
  if (flags.json === undefined) return
  const document = { machine, command: process.argv.slice(2), sizes, sections: reports }
  writeFileSync(flags.json, `${JSON.stringify(document, undefined, 2)}\n`)
}

/** Who runs this for us may pass on a signal that came to all: it counts once. */
function endPolitely(scratch: Scratch): void {
  let ending: Promise<void> | undefined
  for (const [signal, exit] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    process.on(signal, () => {
      ending ??= scratch.clear().then(() => process.exit(exit))
    })
  }
}

function benchOf(scratch: Scratch, sizes: Sizes): Bench {
  const peers = process.env['PEERS'] ?? join(homedir(), 'peers')
  return { scratch, sizes, peersFolder: join(peers, 'bin'), say }
}

/** Over what was said before: for those who watch. */
function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

if (flags.help) console.log(usage)
else await main()
