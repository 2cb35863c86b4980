/** Neighbours in a file are read together: asking the operating system costs more than what a bias holds. */
import type { TensorEntry } from './header.ts'

/** Bytes of a window of several tensors; a larger tensor has one of its own. */
export const WINDOW_BYTES = 2 ** 20

/** Tensors that follow each other in a file, and the bytes they are in. */
export interface Window {
  readonly names: readonly string[]
  readonly start: number
  readonly end: number
}

/** Windows that hold the tensors, in the order of the names. */
export function windowsOf(entries: readonly (readonly [name: string, entry: TensorEntry])[]): Window[] {
  const windows: { names: string[]; start: number; end: number }[] = []
  for (const [name, { start, end }] of entries) {
    const last = windows.at(-1)
    if (last !== undefined && last.end === start && end - last.start <= WINDOW_BYTES) {
      last.names.push(name)
      last.end = end
    } else {
      windows.push({ names: [name], start, end })
    }
  }
  return windows
}
