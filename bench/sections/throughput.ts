/** One large file and many small ones, put and read back: ours, and where they are installed the others'. */
import { rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { writeRandomFile, writeSmallFiles } from '../content/files.ts'
import { startHoldfast } from '../peers/holdfast.ts'
import { startPeers } from '../peers/peers.ts'
import type { Subject } from '../peers/subject.ts'
import { run as runCommand } from '../processes/command.ts'
import type { Usage } from '../processes/usage.ts'
import { countText, mebibytesText, sizeText } from '../report/amounts.ts'
import { rateFigure, roundsTable } from '../report/figure.ts'
import type { Figure } from '../report/figure.ts'
import { ratioTable } from '../report/ratios.ts'

export const throughput: Section = {
  name: 'throughput',
  title: 'Whole commands, side by side',
  run,
}

const works = ['putLarge', 'getLarge', 'putSmall', 'getSmall'] as const
type Work = (typeof works)[number]
type Rounds = Record<Work, Usage[]>

async function run(bench: Bench): Promise<SectionReport> {
  const ours = await startHoldfast(bench.scratch)
  const peers = await startPeers(bench)
  const subjects = [ours, ...peers.subjects]
  refuseSmallDisk(bench, subjects.length)
  const measured = new Map<Subject, Rounds>(
    subjects.map((subject) => [
      subject,
      { putLarge: [], getLarge: [], putSmall: [], getSmall: [] },
    ]),
  )
  try {
    for (let round = 0; round < bench.sizes.rounds; round += 1) {
      const turn = round % subjects.length
      // Nobody is always the first
      const order = [...subjects.slice(turn), ...subjects.slice(0, turn)]
      await largeRound(bench, { round, order, measured })
      await smallRound(bench, { round, order, measured })
    }
  } finally {
    await ours.stop()
    await peers.stop()
  }
  const figures = works.flatMap((work) =>
    subjects.map((subject) => figureOf(bench, { work, subject, rounds: measured.get(subject)! })),
  )
  const notes = peers.missing.map((name) => `${name} is not installed and was left out.`)
  const encrypting = new Set(peers.subjects.filter((one) => one.encrypts).map(({ name }) => name))
  return {
    figures,
    tables: [
      roundsTable('Whole commands, wall time', figures, notes),
      ...(peers.subjects.length > 0 ? [ratioTable(figures, { ours: ours.name, encrypting })] : []),
    ],
  }
}

/** Nothing is removed before the end, and all keep everything twice. */
function refuseSmallDisk({ scratch, sizes }: Bench, subjects: number): void {
  const { bavail, bsize } = statfsSync(scratch.disk)
  const wanted = sizes.rounds * subjects * 2 * sizes.largeBytes
  if (bavail * bsize > wanted) return
  const much = `${mebibytesText(wanted)} MiB`
  throw new Error(`${scratch.disk} has less than ${much} free: use fewer --rounds or a --folder`)
}

interface Round {
  readonly round: number
  readonly order: readonly Subject[]
  readonly measured: ReadonlyMap<Subject, Rounds>
}

/** Each puts the same new content, and reads it back before the next has its turn. */
async function largeRound(bench: Bench, { round, order, measured }: Round): Promise<void> {
  const { scratch, sizes } = bench
  const source = join(scratch.memory, 'large')
  writeRandomFile(source, { seed: `large ${round}`, bytes: sizes.largeBytes })
  const file = { source, name: `large-${round}` }
  for (const subject of order) {
    bench.say(`round ${round + 1}: ${sizeText(sizes.largeBytes)}, ${subject.name}`)
    const rounds = measured.get(subject)!
    await settle(bench)
    rounds.putLarge.push(await subject.putFile(file))
    await settle(bench)
    rounds.getLarge.push(await subject.getFile(file))
  }
  rmSync(source)
}

async function smallRound(bench: Bench, { round, order, measured }: Round): Promise<void> {
  const { scratch, sizes } = bench
  const source = scratch.memoryFolder('small')
  const content = { seed: `small ${round}`, bytes: sizes.smallBytes, count: sizes.smallFiles }
  writeSmallFiles(source, content)
  const folder = { source, name: `small-${round}` }
  for (const subject of order) {
    bench.say(`round ${round + 1}: ${countText(sizes.smallFiles)} files, ${subject.name}`)
    const rounds = measured.get(subject)!
    const target = join(scratch.memory, 'back')
    await settle(bench)
    rounds.putSmall.push(await subject.putFolder(folder))
    await settle(bench)
    rounds.getSmall.push(await subject.getFolder(folder, target))
    rmSync(target, { recursive: true })
  }
  rmSync(source, { recursive: true })
}

/** What one left to be written is no burden of the next. */
async function settle({ scratch }: Bench): Promise<void> {
  await runCommand(scratch, { program: 'sync', line: ['-f', scratch.disk] })
}

function figureOf(
  { sizes }: Bench,
  of: { readonly work: Work; readonly subject: Subject; readonly rounds: Rounds },
): Figure {
  const { work, subject, rounds } = of
  const isLarge = work.endsWith('Large')
  const much = isLarge
    ? sizeText(sizes.largeBytes)
    : `${countText(sizes.smallFiles)} × ${sizeText(sizes.smallBytes)}`
  const what = `${work.slice(0, 3)} ${much}`
  const unit = isLarge ? 'MB/s' : 'files/s'
  const amount = isLarge ? sizes.largeBytes : sizes.smallFiles
  return rateFigure({ what, subject: subject.name, unit }, { amount, usages: rounds[work] })
}
