/** The same lines of code as `compiler.ts` checks, executed. */
import ndarray from 'ndarray'
import * as t from 'tesserae'

const zeros = (...shape: number[]) =>
  t.shaped(ndarray(new Float32Array(shape.reduce((size, length) => size * length, 1)), shape), shape)

/** What a line throws, or undefined. */
export function thrownBy(line: string): t.EinopsError | undefined {
  const run = new Function('t', 'x', 'zeros', `return ${line}`)
  try {
    run(t, zeros(2, 3), zeros)
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
