/**
 * A process of its own that stands before servers like a link of limited rate, in each direction:
 * `node link-process.ts BYTES-PER-SECOND LISTEN:TARGET…` with ports of this machine. Prints a line when it is
 * ready.
 */
import { createServer, connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { Pace } from './pace.ts'

const host = '127.0.0.1'
const burstMs = 20
/** A delay shorter than a timer's grain is left to the next piece. */
const grainMs = 2

const [rate, ...pairs] = process.argv.slice(2)

/** Both directions of one link, shared by all its connections. */
function openLink(listen: number, target: number): Promise<void> {
  const [there, back] = [0, 1].map(() => new Pace(Number(rate), { burstMs }))
  const server = createServer({ noDelay: true }, (client) => {
    const onward = connect({ host, port: target, noDelay: true })
    void carry(client, onward, there!)
    void carry(onward, client, back!)
  })
  return new Promise((resolve) => server.listen(listen, host, resolve))
}

/** Moves what comes from one to the other until it ends; a broken one breaks the other. */
async function carry(from: Socket, to: Socket, pace: Pace): Promise<void> {
  try {
    for await (const piece of from as AsyncIterable<Buffer>) {
      const delayMs = pace.delayMs(piece.length, performance.now())
      if (delayMs >= grainMs) await wait(delayMs)
      if (!to.write(piece)) await drained(to)
    }
    to.end()
  } catch {
    to.destroy()
    from.destroy()
  }
}

/** Also when it is closed: the next write tells. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      socket.off('drain', go)
      socket.off('close', go)
      resolve()
    }
    socket.on('drain', go)
    socket.on('close', go)
  })
}

const ports = pairs.map((pair) => pair.split(':').map(Number))
await Promise.all(ports.map(([listen, target]) => openLink(listen!, target!)))
console.log(JSON.stringify({ ready: true }))
