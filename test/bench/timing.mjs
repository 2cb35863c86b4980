/**
 * Times contestants round-robin, so that all see the same state of a noisy machine: a figure counts only beside the
 * others of its run. Each contestant is a function that does the whole job once; best and median of the rounds.
 */

/**
 * @param {Record<string, () => unknown>} contestants
 * @param {{ milliseconds?: number, rounds?: number }} [options] time for each contestant, and the fewest rounds
 * @returns {Record<string, { best: number, median: number }>} milliseconds
 */
export function compete(contestants, { milliseconds = 400, rounds = 7 } = {}) {
  const names = Object.keys(contestants)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (const name of names) for (let i = 0; i < 3; i++) contestants[name]()
  const end = performance.now() + milliseconds * names.length
  for (let round = 0; round < rounds || performance.now() < end; round++) {
    // each comes after every other one in turn: what ran before leaves its traces in caches and heap
    for (let i = 0; i < names.length; i++) {
      const name = names[(round % 2 === 0 ? i + round : names.length * 2 - i + round) % names.length]
      times[name].push(time(contestants[name]))
    }
  }
  return Object.fromEntries(
    names.map((name) => [name, { best: Math.min(...times[name]), median: median(times[name]) }]),
  )
}

function time(job) {
  const start = performance.now()
  sink = job()
  return performance.now() - start
}

/** The last result, so that no engine may leave out a job. */
export let sink

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}
