/** Kernel namespaces of our own, in which a test may mount and lay cables without touching the machine. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { TestContext } from 'node:test'

const sentence = 'this test needs Linux with user namespaces'

/** Holds the namespaces; ends with its standard input, so with the test, however that ends. */
const holder = ['sh', '-c', 'echo ready; exec cat']

export class Namespace {
  readonly #process: ChildProcess
  readonly #enter: readonly string[]

  private constructor(process: ChildProcess, enter: readonly string[]) {
    this.#process = process
    this.#enter = enter
  }

  /**
   * With mounts and network of its own, inside `parent` when there is one. Whoever may not make a user
   * namespace but is root does without. Throws with the sentence of what is missing when neither goes.
   */
  static async make(context: TestContext, parent?: Namespace): Promise<Namespace> {
    const own = ['--mount', '--net']
    const ways = parent ? [[]] : [['--user', '--map-root-user'], []]
    const outer = parent?.within ?? []
    for (const user of ways) {
      const line = [...outer, 'unshare', ...user, ...own, '--propagation', 'private', ...holder]
      const process = spawn(line[0]!, line.slice(1), { stdio: ['pipe', 'pipe', 'ignore'] })
      context.after(() => process.kill('SIGKILL'))
      if (!(await isReady(process))) continue
      const users = user.length > 0 || parent?.hasUsers ? ['--user', '--preserve-credentials'] : []
      const enter = ['nsenter', '--target', String(process.pid), ...users, ...own, '--']
      const made = new Namespace(process, enter)
      made.do('ip', 'link', 'set', 'lo', 'up')
      return made
    }
    return assert.fail(sentence)
  }

  /** Words that make a command run here. */
  get within(): readonly string[] {
    return this.#enter
  }

  get pid(): number {
    return this.#process.pid!
  }

  get hasUsers(): boolean {
    return this.#enter.includes('--user')
  }

  /** Runs a command here that must succeed. */
  do(...line: readonly string[]): string {
    const [command, ...words] = [...this.#enter, ...line]
    const { status, stdout, stderr, error } = spawnSync(command!, words, { encoding: 'utf8' })
    assert.equal(status, 0, `${line.join(' ')}: ${stderr}${error?.message ?? ''}`)
    return stdout
  }
}

function isReady(process: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    process.once('error', () => resolve(false))
    process.once('exit', () => resolve(false))
    process.stdout!.once('data', () => resolve(true))
  })
}
