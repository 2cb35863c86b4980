/** unpack: takes apart what pack has joined. */
import type { PackPattern } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { parsePackPattern } from '../../grammar/index.ts'
import { type Said, say } from '../../grammar/sentences.ts'
import type { Checked, Shape, UnpackedShape } from '../../grammar/types/index.ts'
import { tooManyAxes } from '../layout/bind.ts'
import { mostAxes, sizeOf } from '../layout/layout.ts'
import { showShape } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { part } from '../steps/slice.ts'
import type { Value } from '../steps/value.ts'
import { asValue, present } from './array.ts'
import type { ArrayOf, DataOf, ShapeOf } from './typed.ts'

/** One array for each packed shape. */
type Unpacked<X, Shapes extends readonly Shape[], P extends string> = {
  -readonly [K in keyof Shapes]: ArrayOf<DataOf<X>, UnpackedShape<P, ShapeOf<X>, Shapes[K]>>
}

/**
 * Takes apart one array along the axis under `*`: views of it, one for each packed shape.
 *
 * @param packed an array whose axes are the names of the pattern and one under `*`
 * @param packedShapes for each result, the axes that replace `*`; one −1 among all of them stands for what is left
 * @param pattern the pattern that it was packed by
 * @returns views of `packed`: writing to one shows in it
 * @throws {EinopsError} when the pattern is wrong or the shapes do not fill the axis
 * @see einops `unpack`
 *
 * @example
 * const tokens = ndarray(new Float32Array(197 * 768), [197, 768])
 * const [cls, patches] = unpack(tokens, [[1], [14, 14]], '* d')
 * cls.shape // [1, 768]
 * patches.shape // [14, 14, 768]
 */
export function unpack<
  X extends NdArray<Data>,
  const S extends readonly (readonly number[])[],
  P extends string,
>(packed: X, packedShapes: S, pattern: Checked<'unpack', P>): Unpacked<X, S, P>
export function unpack(
  packed: NdArray<Data>,
  packedShapes: readonly (readonly number[])[],
  pattern: string,
): NdArray<Data>[] {
  const parsed = parsePackPattern(pattern, 'unpack')
  const place = { pattern, span: { start: 0, end: pattern.length } }
  return takeApart(asValue(packed, 'unpack', undefined, place), packedShapes, parsed).map(present)
}

/** The same on trusted values. */
export function unpackTensor(
  packed: Value,
  packedShapes: readonly (readonly number[])[],
  pattern: string,
): Value[] {
  return takeApart(packed, packedShapes, parsePackPattern(pattern, 'unpack'))
}

function takeApart(
  packed: Value,
  packedShapes: readonly (readonly number[])[],
  pattern: PackPattern,
): Value[] {
  const axis = pattern.before.length
  const rank = axis + 1 + pattern.after.length
  const { shape } = packed
  if (shape.length !== rank) {
    const expected = `${rank}, as in '${pattern.text.trim()}'`
    const span = { start: 0, end: pattern.text.length }
    throw mistake(pattern, shape, say('shape/rank', { got: shape.length, expected }), undefined, span)
  }
  let start = 0
  return solve(packedShapes, shape[axis]!, packed, pattern).map((lengths) => {
    const view = part(packed, axis, { start, lengths })
    start += sizeOf(lengths)
    return view
  })
}

/** The packed shapes with −1 replaced; together they fill the axis. */
function solve(
  packedShapes: readonly (readonly number[])[],
  total: number,
  { shape }: Value,
  pattern: PackPattern,
): readonly (readonly number[])[] {
  checkShapes(packedShapes, shape, pattern)
  const open = packedShapes.findIndex((lengths) => lengths.includes(-1))
  const filled = packedShapes.reduce((sum, lengths, i) => (i === open ? sum : sum + sizeOf(lengths)), 0)
  if (open < 0 ? filled !== total : filled > total) {
    throw mistake(
      pattern,
      shape,
      say('unpack/total', { got: filled, expected: total }),
      sizesHint(packedShapes),
    )
  }
  if (open < 0) return packedShapes
  const left = total - filled
  const divisor = packedShapes[open]!.reduce(
    (product, length) => (length === -1 ? product : product * length),
    1,
  )
  if (divisor === 0 || left % divisor !== 0) {
    const said = say('unpack/not-divisible', { index: open, got: left, divisor })
    const hint = divisor === 0 ? 'beside a 0 any length fits: write it for the -1' : sizesHint(packedShapes)
    throw mistake(pattern, shape, said, hint)
  }
  return packedShapes.map((lengths, i) =>
    i === open ? lengths.map((length) => (length === -1 ? left / divisor : length)) : lengths,
  )
}

function checkShapes(packedShapes: unknown, shape: readonly number[], pattern: PackPattern): void {
  const valid =
    Array.isArray(packedShapes) &&
    packedShapes.every(
      (lengths) =>
        Array.isArray(lengths) && lengths.every((length) => Number.isSafeInteger(length) && length >= -1),
    )
  if (!valid) throw mistake(pattern, shape, say('unpack/shapes', { got: showShapes(packedShapes) }))
  const longest = Math.max(0, ...(packedShapes as number[][]).map(({ length }) => length))
  const rank = longest + shape.length - 1
  if (rank > mostAxes) throw mistake(pattern, shape, tooManyAxes(rank))
  if ((packedShapes as number[][]).flat().filter((length) => length === -1).length > 1) {
    throw mistake(pattern, shape, say('unpack/several-unknown', { got: showShapes(packedShapes) }))
  }
}

function showShapes(packedShapes: unknown): string {
  if (!Array.isArray(packedShapes)) return String(packedShapes)
  return `[${packedShapes.map((lengths) => (Array.isArray(lengths) ? showShape(lengths) : String(lengths))).join(', ')}]`
}

/** How many elements each packed shape takes: `[] takes 1, [4, 4] takes 16`. */
function sizesHint(packedShapes: readonly (readonly number[])[]): string | undefined {
  if (packedShapes.length === 0) return undefined
  const most = 8
  const sizes = packedShapes.slice(0, most).map((lengths) => {
    const takes = lengths.includes(-1) ? 'what is left' : sizeOf(lengths)
    return `${showShape(lengths)} takes ${takes}`
  })
  return `${sizes.join(', ')}${packedShapes.length > most ? ', …' : ''}`
}

function mistake(
  { text, star }: PackPattern,
  shape: readonly number[],
  said: Said,
  hint?: string,
  span = star,
): EinopsError {
  return new EinopsError({ operation: 'unpack', pattern: text, span, ...said, shape, hint })
}
