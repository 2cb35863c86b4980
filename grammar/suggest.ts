/**
 * "Did you mean": the candidate nearest to a misspelt name, by Damerau's distance (a letter too many, too few, another,
 * or two exchanged), where it is near enough to be a slip of the finger.
 */
import type { Advice } from './error.ts'

/** The nearest of `candidates`, or undefined if none is near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > 64) return undefined
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= bestDistance) continue
    if (candidate.toLowerCase() === name.toLowerCase()) return candidate
    // a name of one letter is near to every other such name: exchanging it is no slip
    const least = Math.max(name.length, candidate.length)
    const d = distance(name, candidate, bestDistance)
    if (d < bestDistance && d < least) {
      best = candidate
      bestDistance = d
    }
  }
  return best
}

/** A hint like `did you mean 'h'?`, or undefined. */
export function didYouMean(name: string, candidates: Iterable<string>): Advice | undefined {
  const candidate = nearest(name, candidates)
  return candidate === undefined ? undefined : meant(name, candidate)
}

export function meant(from: string, to: string): Advice {
  return { text: `did you mean '${to}'?`, fix: { from, to } }
}

/**
 * A hint for names of one letter that were not separated, as in NumPy's einsum and in `'hwc -> chw'`, or undefined: where a long name that stands
 * once is made of letters that others have, or in a pattern without any space one that stands twice has those of another, and `read` accepts the
 * pattern of single letters.
 */
export function separateNames(text: string, read: (text: string) => unknown): Advice | undefined {
  const words: string[] = text.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []
  if (words.length > 64) return undefined // nobody writes so many letters in a row
  const isOnce = (word: string) => words.indexOf(word) === words.lastIndexOf(word)
  const isTight = !/[\p{L}\p{N}_)]\s+[\p{L}(]/u.test(text)
  const alone = words.filter((word) => isCompact(word) && (isTight || isOnce(word)))
  const lettersBeside = (word: string) =>
    new Set(words.filter((other) => other !== word && (other.length === 1 || alone.includes(other))).join(''))
  const suspects = alone.filter((word) => {
    const letters = lettersBeside(word)
    return [...word].every((letter) => letters.has(letter))
  })
  // of a long word one letter more or less is a slip of the finger
  const isSuspect =
    suspects.some((word) => word.length < 5 || nearest(word, alone) === undefined) ||
    alone.some(
      (word) => !isOnce(word) && words.some((other) => other.length < word.length && isPart(other, word)),
    )
  if (!isSuspect) return undefined
  const to = spaced(text, alone)
  try {
    read(to)
  } catch {
    return undefined
  }
  return { text: `names are separated by spaces: '${to}'`, fix: { from: text, to } }
}

/** The same hint where letters would be as many axes as a shape has: the part of a pattern that describes it, with its names apart. */
export function separateAxes(text: string, part: string, rank: number): Advice | undefined {
  const words = part.split(/\s+/).filter((word) => word !== '')
  if (!words.every((word) => word.length === 1 || isCompact(word)) || words.join('').length !== rank)
    return undefined
  const to = spaced(text, words)
  return { text: `names are separated by spaces: '${to}'`, fix: { from: text, to } }
}

function isPart(letters: string, word: string): boolean {
  return [...letters].every((letter) => word.includes(letter))
}

function isCompact(word: string): boolean {
  return /^[a-z]{2,6}$/iu.test(word)
}

/** A pattern on one line, some of its names taken apart into letters. */
function spaced(text: string, names: readonly string[]): string {
  return text
    .replace(/[\p{L}_][\p{L}\p{N}_]*/gu, (word) => (names.includes(word) ? [...word].join(' ') : word))
    .replace(/\s*->\s*/g, ' -> ')
    .replace(/\s*,\s*/g, ', ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The optimal string alignment distance, or, where it is not below `limit`, some number that is not. */
function distance(a: string, b: string, limit: number): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1)
      row.push(best)
    }
    if (Math.min(...row, ...last.map((d) => d + 1)) >= limit) return limit
    before = last
    last = row
  }
  return last[b.length]!
}
