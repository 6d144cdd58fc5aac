/** The part of WebAssembly's JavaScript interface in use; the compiler's own types come only with a browser's. */
declare namespace WebAssembly {
  interface MemoryDescriptor {
    /** In pages of 64 KiB. */
    readonly initial: number
    readonly maximum?: number
    readonly shared?: boolean
  }

  interface Memory {
    readonly buffer: ArrayBuffer | SharedArrayBuffer
    grow(pages: number): number
  }

  interface Module {
    readonly [Symbol.toStringTag]: string
  }

  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }

  const Memory: new (descriptor: MemoryDescriptor) => Memory
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module
  const Instance: new (
    module: Module,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => Instance
}
