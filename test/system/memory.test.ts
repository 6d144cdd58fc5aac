/** What each process holds at most, whatever passes through it: as Linux counts it (VmHWM). */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { it } from 'node:test'
import { contentOf, piecesOf } from './content.ts'
import type { Finished, ProgramOptions } from './programs.ts'
import { freePorts, Scratch } from './programs.ts'

const MiB = 2 ** 20
const mostBytes = 256 * MiB
const streamBytes = 1024 * MiB
const smallFiles = 20_000
const pollMs = 20

/** Undefined for a process that has ended. */
function peakBytes(pid: number): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return found ? Number(found[1]) * 1024 : undefined
  } catch {
    return undefined
  }
}

/** Runs a command to its end and holds its peak under the limit. */
async function runHeld(
  scratch: Scratch,
  line: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished> {
  const program = scratch.start(line, { ...options, isLaunched: true })
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, peakBytes(program.pid) ?? 0)
  }, pollMs)
  const finished = await program.finished
  clearInterval(watch)
  assert.equal(finished.exit, 0, `${line.join(' ')}: ${finished.error}`)
  assertHeld(line.join(' '), most)
  return finished
}

function assertHeld(what: string, bytes: number): void {
  assert.ok(bytes > 0, `${what} was not measured`)
  assert.ok(bytes <= mostBytes, `${what} held ${Math.round(bytes / MiB)} MiB`)
}

async function startGrid(scratch: Scratch): Promise<() => void> {
  const { ready } = await scratch.up(await freePorts(), [], { isLaunched: true })
  const programs = [{ name: 'coordinator', ...ready.coordinator }, ...ready.nodes]
  return () => {
    for (const { name, pid } of programs) assertHeld(name, peakBytes(pid) ?? 0)
  }
}

function smallContent(at: number): Buffer {
  return contentOf(`small ${at}`, 1 + ((at * 613) % 6000))
}

it('holds at most 256 MiB in each process while 1 GiB streams in and out', async (context) => {
  const scratch = new Scratch(context)
  const assertGridHeld = await startGrid(scratch)
  const sent = createHash('sha256')
  const pieces = function* (): Generator<Buffer> {
    for (const piece of piecesOf('memory', streamBytes)) {
      sent.update(piece)
      yield piece
    }
  }
  await runHeld(scratch, ['put', '-', 'home:/large'], { input: Readable.from(pieces()) })
  assertGridHeld()
  const got = createHash('sha256')
  await runHeld(scratch, ['cat', 'home:/large'], { takeOutput: (bytes) => got.update(bytes) })
  assert.equal(got.digest('hex'), sent.digest('hex'))
  assertGridHeld()
})

it(`holds at most 256 MiB in each process for ${smallFiles} small files`, async (context) => {
  const scratch = new Scratch(context)
  const assertGridHeld = await startGrid(scratch)
  const source = join(scratch.folder, 'source')
  mkdirSync(source)
  for (let at = 0; at < smallFiles; at += 1) writeFileSync(join(source, `f${at}`), smallContent(at))
  await runHeld(scratch, ['put', source, 'home:/'])
  const target = join(scratch.folder, 'target')
  await runHeld(scratch, ['get', 'home:/source', target])
  assertGridHeld()
  assert.equal(readdirSync(target).length, smallFiles)
  for (let at = 0; at < smallFiles; at += 97) {
    assert.ok(readFileSync(join(target, `f${at}`)).equals(smallContent(at)), `f${at}`)
  }
})
