/** pack: several tensors that differ in some axes become one, those axes flattened one after the other. */
import type { PackPattern } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { parsePackPattern } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, PackedShape } from '../../grammar/types/index.ts'
import { copyApart, copyInto } from '../copy/copy.ts'
import { overlap } from '../copy/memory.ts'
import { sizeOf, slice, split } from '../layout/layout.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { toNdarray } from './array.ts'
import { asList, commonData } from './input.ts'
import {
  checkOptions,
  checkOut,
  type DtypeName,
  mayConvert,
  type Options,
  optionKinds,
  resultKind,
} from './options.ts'
import { newResult } from './result.ts'
import type { ArrayOf, Converted, DataOf } from './typed.ts'

/** The packed array is always a new one, or `out`. */
export type PackOptions<D extends Data = Data, T extends DtypeName = never> = Omit<Options<D, T>, 'copy'>

const packKinds = { dtype: optionKinds.dtype, out: optionKinds.out }

/**
 * Packs arrays into one: the axes under `*`, any number of them in each array, are flattened to one axis and
 * concatenated along it. {@link unpack} takes them apart again.
 *
 * @param xs arrays whose named axes agree, of one dtype, or of several where they are converted
 * @param pattern names of the axes that all have, and one `*`
 * @param options `dtype`: what elements become, such as `'float32'`; `out`: an array to write into, of any dtype, which is then returned
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
export function pack<
  const X extends readonly NdArray<Data>[],
  P extends string,
  T extends DtypeName = never,
  O extends Data = never,
>(
  xs: X,
  pattern: Checked<'pack', P>,
  options?: PackOptions<O, T>,
): [packed: ArrayOf<Converted<DataOf<X>, T, O>, PackedShape<P>>, packedShapes: number[][]]
export function pack(
  xs: readonly NdArray<Data>[],
  pattern: string,
  options?: PackOptions<Data, DtypeName>,
): [packed: NdArray<Data>, packedShapes: number[][]] {
  const parsed = parsePackPattern(pattern, 'pack')
  const place = { pattern, span: { start: 0, end: pattern.length } }
  const checked = checkOptions(options, 'pack', packKinds)
  const [packed, shapes] = join(asList(xs, 'pack', place, mayConvert(checked)), parsed, checked)
  return [checked.out ?? toNdarray(packed), shapes]
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
  { out, dtype }: PackOptions<Data, DtypeName> = {},
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
  if (out !== undefined) checkOut(out, shape, null, 'pack')
  const direct = out !== undefined && !xs.some((x) => overlap(x, out))
  const like = resultKind(out?.data ?? commonData(xs), dtype, 'pack') as D
  const packed = direct ? (out as Tensor as Tensor<D>) : newResult(like, shape, 'pack')
  const { data } = packed
  let start = 0
  for (const [i, x] of xs.entries()) {
    const end = start + sizeOf(shapes[i]!)
    copyApart(x, { ...split(slice(packed, axis, start, end), axis, shapes[i]!), data })
    start = end
  }
  if (out !== undefined && !direct) copyInto(packed, out)
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
