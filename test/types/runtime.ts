/** The same lines of code as `compiler.ts` checks, executed. */
import ndarray from 'ndarray'
import * as t from 'tesserae'

const sizeOf = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1)
const zeros = (...shape: number[]) => ndarray(new Float32Array(sizeOf(shape)), shape)
const bytes = (...shape: number[]) => ndarray(new Uint8Array(sizeOf(shape)), shape)

/** What a line throws, or undefined. */
export function thrownBy(line: string): t.EinopsError | undefined {
  const run = new Function('t', 'x', 'zeros', 'bytes', `return ${line}`)
  try {
    run(t, zeros(2, 3), zeros, bytes)
    return undefined
  } catch (error) {
    if (error instanceof t.EinopsError) return error
    throw error
  }
}

/** The first line of an error's message. */
export function firstLine(error: Error | undefined): string | undefined {
  return error?.message.split('\n')[0]
}
