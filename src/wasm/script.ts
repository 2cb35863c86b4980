/**
 * Where there is no WebAssembly: modules that the build wrote as JavaScript (`generated/<name>-script.ts`) work on a memory like one of
 * WebAssembly's. Only those are written so whose absence would leave something undone; plain references stand for the others.
 */

/** What a script works on. It brings `grow` itself. */
export interface ScriptMemory {
  buffer: ArrayBuffer
  grow(pages: number): number
}

const PAGE = 65536

/** A memory of one page. */
export const scriptMemory = (): ScriptMemory => ({ buffer: new ArrayBuffer(PAGE), grow: refuse })

/** Until a script works on it. */
function refuse(): never {
  throw new Error('internal: no script works on this memory')
}
