/**
 * Rows of numbers as integers with a scale of their own: the plain reference of src/wasm/assembly/shared/row-codes.ts, with the same codes. Elements in single
 * precision are rounded after each operation as the kernel does, to the nearest integer, the even one of two.
 */

/** Largest codes of rows, and what stands for 0 where codes count from the least. */
export interface RowCodes {
  /** What a code of 1 stands for; no number where the row has something that is none. */
  readonly unit: number
  /** The code that stands for 0. */
  readonly zero: number
}

/** Largest codes of weights that are made here; those of a file go down to −128. */
export const mostCode = 127
const widest = 128
/** Most that a sum of products may come to. */
const mostSum = 2 ** 31 - 1
/** Of so many columns at most, sums of products with codes of 7 bits fit 31 bits. */
export const mostFine = Math.floor(mostSum / (127 * widest))

const { fround } = Math
const rounder = 12582912
/** Rows of nothing larger are rows of zeros. */
export const tiny = fround(1e-30)
const largestFloat = fround(3.4028234663852886e38)

/** The largest code of rows of k numbers: sums of so many products with weights' codes fit 31 bits. */
export function wideLimit(k: number): number {
  return Math.min(32767, Math.floor(mostSum / (widest * Math.max(1, k))))
}

/** Codes from −limit to limit. */
export function encodeWide(row: Float32Array, limit: number, codes: Int32Array): RowCodes {
  let most = 0
  for (const x of row) most = Math.max(most, Math.abs(x))
  const factor = factorOf(most, limit)
  for (let p = 0; p < row.length; p++) codes[p] = nearest(fround(row[p]! * factor))
  return { unit: unitOf(most, limit), zero: 0 }
}

/** Codes from 0 to 127. */
export function encodeFine(row: Float32Array, codes: Int32Array): RowCodes {
  let low = 0
  let high = 0
  for (const x of row) {
    low = Math.min(low, x)
    high = Math.max(high, x)
  }
  const range = fround(high - low)
  const factor = factorOf(range, 127)
  const zero = nearest(fround(-low * factor))
  for (let p = 0; p < row.length; p++) {
    codes[p] = Math.max(0, Math.min(127, nearest(fround(row[p]! * factor)) + zero))
  }
  return { unit: unitOf(range, 127), zero }
}

/** The nearest integer to a float below 2²², the even one of two. */
export function nearest(x: number): number {
  return fround(x + rounder) - rounder
}

function factorOf(most: number, limit: number): number {
  return most > tiny && most < largestFloat ? fround(limit / most) : 0
}

function unitOf(most: number, limit: number): number {
  if (!(most < largestFloat)) return Number.NaN
  return most > tiny ? fround(most / limit) : 0
}
