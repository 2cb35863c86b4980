/** pack: several tensors that differ in some axes become one, those axes flattened one after the other. */
import type { PackPattern } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { parsePackPattern } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, PackedShape, UnderStar } from '../../grammar/types/index.ts'
import { copyApart } from '../copy/copy.ts'
import { sizeOf, slice, split } from '../layout/layout.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { toNdarray } from './array.ts'
import { asList } from './input.ts'
import { newResult } from './result.ts'
import type { ArrayOf, DataOf, OneDtype, ShapeOf } from './typed.ts'

/** What stands under `*` in each array. */
type PackedShapes<X extends readonly unknown[], P extends string> = {
  -readonly [K in keyof X]: UnderStar<P, ShapeOf<X[K]>>
}

/**
 * Packs arrays into one: the axes under `*`, any number of them in each array, are flattened to one axis and
 * concatenated along it. {@link unpack} takes them apart again.
 *
 * @param xs arrays of one dtype whose named axes agree
 * @param pattern names of the axes that all have, and one `*`
 * @returns the packed array, newly allocated, and what stood under `*` in each: `[packed, packedShapes]`
 * @throws {EinopsError} when the pattern is wrong or the arrays do not fit it or each other
 * @see einops `pack`
 *
 * @example
 * const image = ndarray(new Float32Array(6), [2, 3])
 * const stack = ndarray(new Float32Array(24), [2, 3, 4])
 * const [packed, packedShapes] = pack([image, stack], 'h w *')
 * packed.shape // [2, 3, 5]
 * packedShapes // → [[], [4]]
 */
export function pack<const X extends readonly NdArray<Data>[], P extends string>(
  xs: X & OneDtype<'pack', X>,
  pattern: Checked<'pack', P>,
): [packed: ArrayOf<DataOf<X>, PackedShape<P>>, packedShapes: PackedShapes<X, P>]
export function pack(
  xs: readonly NdArray<Data>[],
  pattern: string,
): [packed: NdArray<Data>, packedShapes: number[][]] {
  const parsed = parsePackPattern(pattern, 'pack')
  const place = { pattern, span: { start: 0, end: pattern.length } }
  const [packed, shapes] = join(asList(xs, 'pack', place), parsed)
  return [toNdarray(packed), shapes]
}

/** The same on trusted tensors. */
export function packTensors<D extends Data>(
  xs: readonly Tensor<D>[],
  pattern: string,
): [packed: Tensor<D>, packedShapes: number[][]] {
  return join(xs, parsePackPattern(pattern, 'pack'))
}

function join<D extends Data>(
  xs: readonly Tensor<D>[],
  pattern: PackPattern,
): [packed: Tensor<D>, packedShapes: number[][]] {
  checkNamedAxes(xs, pattern)
  const axis = pattern.before.length
  const after = pattern.after.length
  const shapes = xs.map(({ shape }) => shape.slice(axis, shape.length - after))
  const first = xs[0]!
  const total = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)
  const shape = [...first.shape.slice(0, axis), total, ...first.shape.slice(first.shape.length - after)]
  if (shape.reduce((size, length) => size * Math.max(1, length), 1) > Number.MAX_SAFE_INTEGER) {
    throw mistake(pattern, xs, say('shape/too-large', { got: sizeOf(shape) }), pattern.star)
  }
  const packed = newResult(first.data, shape, 'pack')
  const { data } = packed
  let start = 0
  for (const [i, x] of xs.entries()) {
    const end = start + sizeOf(shapes[i]!)
    copyApart(x, { ...split(slice(packed, axis, start, end), axis, shapes[i]!), data })
    start = end
  }
  return [packed, shapes]
}

/** All have the named axes, in the lengths of the first. */
function checkNamedAxes(xs: readonly Tensor[], pattern: PackPattern): void {
  const { before, after } = pattern
  const rank = before.length + after.length
  for (const [index, { shape }] of xs.entries()) {
    if (shape.length < rank) {
      throw mistake(pattern, xs, say('pack/rank', { index, got: shape.length, expected: rank }))
    }
    for (const [i, axis] of [...before, ...after].entries()) {
      const got = shape.at(i < before.length ? i : i - rank)!
      const expected = xs[0]!.shape.at(i < before.length ? i : i - rank)!
      if (got !== expected) {
        throw mistake(pattern, xs, say('pack/mismatch', { index, axis: axis.name, got, expected }), axis.span)
      }
    }
  }
}

function mistake(
  { text }: PackPattern,
  xs: readonly Tensor[],
  said: ReturnType<typeof say>,
  span = { start: 0, end: text.length },
): EinopsError {
  return new EinopsError({
    operation: 'pack',
    pattern: text,
    span,
    ...said,
    shape: xs.map(({ shape }) => shape),
  })
}
