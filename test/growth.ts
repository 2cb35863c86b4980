/** How work grows with the size of what it is given: a ratio within one process, which a busy machine does not change. */

/**
 * How many times more processor time `run` takes for `factor` times the size, the best of several runs each, in turns: about `factor` where the work is linear,
 * about its square where it is quadratic.
 */
export function growthOf(run: (size: number) => void, size: number, factor: number): number {
  const microseconds = (size: number): number => {
    const start = process.cpuUsage()
    run(size)
    const { user, system } = process.cpuUsage(start)
    return user + system
  }
  let small = Number.POSITIVE_INFINITY
  let large = Number.POSITIVE_INFINITY
  // a heap that many tests share is swept now and then, and that counts as this work's: rounds go on while they still find less
  for (let round = 0, idle = 0; round < 5 || (idle < 3 && round < 20); round++) {
    const before = large
    small = Math.min(small, microseconds(size))
    large = Math.min(large, microseconds(size * factor))
    idle = large < before ? 0 : idle + 1
  }
  // less than 200 is mostly the clock
  return large / Math.max(200, small)
}
