/** The filters of PNG rows (third edition, clause 9), undone: a byte is stored as what it differs from its neighbours' guess. */
import { damaged } from './error.ts'

/**
 * Undoes the filters of `height` rows in place: each is the number of its filter and `line` bytes.
 *
 * @param step how many bytes before a byte the same sample of the pixel to its left stands
 * @returns the rows without those numbers, one behind the other, in the same memory
 */
export function removeFilters(rows: Uint8Array, height: number, line: number, step: number): Uint8Array {
  for (let y = 0; y < height; y++) {
    const from = y * (line + 1)
    const at = y * line
    const filter = rows[from]!
    if (filter > 4) throw damaged('PNG', `row ${y} has filter ${filter}, and there are 0 to 4`)
    rows.copyWithin(at, from + 1, from + 1 + line)
    undo[filter]!(rows, at, at + line, y === 0 ? -1 : at - line, step)
  }
  return rows.subarray(0, height * line)
}

/** Undoes a row that stands from `at` to `end`; `above` is where the row above begins, -1 where there is none. */
type Undo = (rows: Uint8Array, at: number, end: number, above: number, step: number) => void

const left: Undo = (rows, at, end, _, step) => {
  for (let i = at + step; i < end; i++) rows[i]! += rows[i - step]!
}

const up: Undo = (rows, at, end, above) => {
  if (above < 0) return
  for (let i = at, j = above; i < end; i++, j++) rows[i]! += rows[j]!
}

const average: Undo = (rows, at, end, above, step) => {
  for (let i = at; i < end; i++) {
    const west = i < at + step ? 0 : rows[i - step]!
    const north = above < 0 ? 0 : rows[above + i - at]!
    rows[i]! += (west + north) >> 1
  }
}

const paeth: Undo = (rows, at, end, above, step) => {
  if (above < 0) return left(rows, at, end, above, step)
  const middle = Math.min(end, at + step)
  for (let i = at, j = above; i < middle; i++, j++) rows[i]! += rows[j]!
  for (let i = middle, j = above + step; i < end; i++, j++) {
    const west = rows[i - step]!
    const north = rows[j]!
    const northWest = rows[j - step]!
    const toWest = Math.abs(north - northWest)
    const toNorth = Math.abs(west - northWest)
    const toCorner = Math.abs(west + north - 2 * northWest)
    const isWest = toWest <= toNorth && toWest <= toCorner
    rows[i]! += isWest ? west : toNorth <= toCorner ? north : northWest
  }
}

const undo: readonly Undo[] = [() => {}, left, up, average, paeth]
