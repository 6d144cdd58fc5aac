import { utf8 } from '../base/bytes.ts'
import type { ErrorJson } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { DocumentList } from './output.ts'
import { plainJson } from './text/plain.ts'

export interface ListedFile {
  readonly state: string
  readonly bytes: number
  /** Plaintext bytes of chunks that the vault lacked, of what was stored. */
  readonly newBytes?: number
  readonly error?: ErrorJson
}

/** Files of one state that have the same error. */
export interface Trouble<File> {
  readonly first: File
  readonly error: ErrorJson
  /** How many, with the first. */
  readonly files: number
}

/** Over all files of one state. */
export interface FileSums {
  readonly files: number
  readonly bytes: number
  readonly newBytes: number
}

const nothing: FileSums = { files: 0, bytes: 0, newBytes: 0 }
const pieceLength = 64 * 1024

/**
 * What became of very many files, in little memory: the first of each error, sums and, where a document is wanted,
 * the JSON text of all.
 */
export class FileList<File extends ListedFile> implements DocumentList {
  readonly #troubles = new Map<string, Trouble<File>>()
  readonly #json: ((file: File) => object) | undefined
  readonly #sums = new Map<string, FileSums>()
  readonly #pieces: Uint8Array[] = []
  #piece = ''
  length = 0

  /** `json` makes what the document says of a file; absent when nobody reads one. */
  constructor(json: ((file: File) => object) | undefined) {
    this.#json = json
  }

  add(file: File): void {
    this.length += 1
    const { state, bytes, newBytes = 0 } = file
    const sums = this.sums(state)
    this.#sums.set(state, {
      files: sums.files + 1,
      bytes: sums.bytes + bytes,
      newBytes: sums.newBytes + newBytes,
    })
    if (file.error) this.#addTrouble(file, file.error)
    if (this.#json) this.#write(plainJson(this.#json(file)))
  }

  get troubles(): Trouble<File>[] {
    return [...this.#troubles.values()]
  }

  sums(state: string): FileSums {
    return this.#sums.get(state) ?? nothing
  }

  *jsonText(): Generator<Uint8Array> {
    yield utf8('[')
    yield* this.#pieces
    yield utf8(`${this.#piece}]`)
  }

  /** Of more errors than `troublesMax`, those of one code count as one: some messages name their files. */
  #addTrouble(first: File, error: ErrorJson): void {
    const alike = `${first.state} ${error.code}`
    const same = `${alike} ${error.message}`
    const isKept = this.#troubles.has(same) || this.#troubles.size < limits.troublesMax
    const key = isKept ? same : alike
    const known = this.#troubles.get(key)
    this.#troubles.set(key, { first, error, ...known, files: (known?.files ?? 0) + 1 })
  }

  #write(text: string): void {
    this.#piece += this.length === 1 ? text : `,${text}`
    if (this.#piece.length < pieceLength) return
    this.#pieces.push(utf8(this.#piece))
    this.#piece = ''
  }
}
