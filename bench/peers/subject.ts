/** One program that stores files, put to the same work as the others. */
import type { Usage } from '../processes/usage.ts'

export interface Subject {
  readonly name: string
  /** Whether the client encrypts what it sends. */
  readonly encrypts: boolean
  /** Stores one file under a name that is new. */
  putFile(file: StoredAs): Promise<Usage>
  /** Reads it back to /dev/null. */
  getFile(file: StoredAs): Promise<Usage>
  /** Stores a folder of files under a name that is new. */
  putFolder(folder: StoredAs): Promise<Usage>
  /** Into a folder that does not exist yet. */
  getFolder(folder: StoredAs, target: string): Promise<Usage>
  stop(): Promise<void>
}

export interface StoredAs {
  /** Local path. */
  readonly source: string
  readonly name: string
}
