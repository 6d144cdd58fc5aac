/** What a batch makes and changes, by place, together with the batch that is under way before it. */
import { toHex } from '../../base/bytes.ts'

export class BatchPlaces {
  #before: BatchPlaces | undefined
  readonly #folders = new Map<string, string>()
  readonly #empty = new Set<string>()
  readonly #passed = new Map<string, string>()
  readonly #touched = new Set<string>()

  /** `before` is of a commit that is under way. */
  constructor(before?: BatchPlaces) {
    this.#before = before
  }

  /** What was under way is in the index. */
  forgetBefore(): void {
    this.#before = undefined
  }

  /** Id of the folder that was made or changed at this place. */
  folder(key: string): string | undefined {
    return this.#folders.get(key) ?? this.#before?.folder(key)
  }

  addFolder(key: string, folder: { readonly entry: string; readonly isNew: boolean }): void {
    this.#folders.set(key, folder.entry)
    if (folder.isNew) this.#empty.add(folder.entry)
  }

  /** Whether the folder is so new that nothing is in it but what is made here. */
  isEmpty(folder: string): boolean {
    return this.#empty.has(folder) || this.#before?.isEmpty(folder) === true
  }

  /** Id of a folder on the way that was looked up before. */
  passed(key: string): string | undefined {
    return this.#passed.get(key)
  }

  pass(key: string, folder: string): void {
    this.#passed.set(key, folder)
  }

  /** Whether a file there, or, of removals, the entry of this id is changed. */
  isTouched(key: string): boolean {
    return this.#touched.has(key) || this.#before?.isTouched(key) === true
  }

  touch(key: string): void {
    this.#touched.add(key)
  }
}

/** Of a name in a folder. */
export function placeKey(parent: string, name: Uint8Array): string {
  return parent + toHex(name)
}
