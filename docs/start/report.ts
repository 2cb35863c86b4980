/** What `npm start` prints: a line a step with its shape and time, and bars. */
import type { Data, NdArray } from 'ndarray'

/** Does a step and prints its name, the shape of its result and how long it took. */
export async function step<T extends NdArray<Data>>(name: string, run: () => T | Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await run()
  const milliseconds = performance.now() - started
  console.log(
    `${name.padEnd(54)} ${`[${result.shape.join(', ')}]`.padEnd(18)} ${milliseconds.toFixed(1).padStart(6)} ms`,
  )
  return result
}

/** A headline with a line of space above it. */
export const headline = (text: string): void => console.log(`\n${text}\n`)

/** Text moved to the right, each of its lines. */
export const indented = (text: string): string => text.replace(/^/gm, '    ')

/** A bar for a part 0…1. */
export const bar = (part: number, width = 30): string =>
  '█'.repeat(Math.round(part * width)).padEnd(width, '·')
