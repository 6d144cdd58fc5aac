/**
 * The functions of this process's own libraries, by node:ffi: experimental, so whoever uses it has another way,
 * and compares what it gives before anything depends on it.
 */
type Value = bigint | number
type Signature = { readonly return: string; readonly arguments: readonly string[] }

export interface Ffi {
  dlopen(
    path: null,
    functions: Readonly<Record<string, Signature>>,
  ): { readonly functions: Record<string, (...values: Value[]) => Value> }
  getRawPointer(bytes: Uint8Array): bigint
}

/** What `make` makes of it; undefined where it is not there, or `make` fails. Each thread makes its own. */
export function withFfi<Made>(make: (ffi: Ffi) => Made | undefined): Made | undefined {
  try {
    const ffi = quietly(() => process.getBuiltinModule('node:ffi') as unknown as Ffi | undefined)
    return ffi && make(ffi)
  } catch {
    // Experimental: whatever it throws, the other way is always there.
    return undefined
  }
}

/** Nobody who runs a command needs to hear that a module is experimental. */
function quietly<Result>(run: () => Result): Result {
  const original = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  process.emitWarning = () => {}
  try {
    return run()
  } finally {
    if (original) Object.defineProperty(process, 'emitWarning', original)
  }
}
