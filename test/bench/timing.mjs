/**
 * Times contestants in turns, so that all see the same state of a noisy machine: a figure counts only beside the
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
  for (const name of names) warmUp(contestants[name], milliseconds / 2)
  const end = performance.now() + milliseconds * names.length
  for (let round = 0; round < rounds || performance.now() < end; round++) {
    for (const name of shuffled(names)) times[name].push(time(contestants[name]))
  }
  return Object.fromEntries(
    names.map((name) => [name, { best: Math.min(...times[name]), median: median(times[name]) }]),
  )
}

/** Runs a job until V8 has compiled it: beside slow contestants there are too few rounds for that. */
function warmUp(job, milliseconds) {
  const end = performance.now() + milliseconds
  for (let i = 0; i < 3 || performance.now() < end; i++) sink = job()
}

/** In any order: what ran before leaves its traces in caches and heap, so nobody may always come after the same one. */
function shuffled(names) {
  return names
    .map((name) => ({ name, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name)
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
