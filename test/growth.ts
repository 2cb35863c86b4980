/** How work grows with the size of what it is given: a ratio within one process, which a busy machine does not change. */

/**
 * How many times more processor time `run` takes for `factor` times the size, the best of several runs each: about `factor` where the work is linear,
 * about its square where it is quadratic.
 */
export function growthOf(run: (size: number) => void, size: number, factor: number): number {
  const microseconds = (size: number): number => {
    const start = process.cpuUsage()
    run(size)
    const { user, system } = process.cpuUsage(start)
    return user + system
  }
  const best = (size: number) => Math.min(...Array.from({ length: 5 }, () => microseconds(size)))
  // less than this is mostly the clock
  const least = 200
  return best(size * factor) / Math.max(least, best(size))
}
