/** pack: several tensors that differ in some axes become one, those axes flattened one after the other. */
import type { PackPattern } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { parsePackPattern } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, PackedShape } from '../../grammar/types/index.ts'
import { sizeOf } from '../layout/layout.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { joined, middleOf, packedShape } from '../steps/pack.ts'
import type { Value } from '../steps/value.ts'
import { present } from './array.ts'
import { asList } from './input.ts'
import type { ArrayOf } from './typed.ts'

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
export function pack<D extends Data, P extends string>(
  xs: readonly NdArray<D>[],
  pattern: Checked<'pack', P>,
): [packed: ArrayOf<D, PackedShape<P>>, packedShapes: number[][]]
export function pack(
  xs: readonly NdArray<Data>[],
  pattern: string,
): [packed: NdArray<Data>, packedShapes: number[][]] {
  const parsed = parsePackPattern(pattern, 'pack')
  const place = { pattern, span: { start: 0, end: pattern.length } }
  const [packed, shapes] = join(asList(xs, 'pack', place), parsed)
  return [present(packed), shapes]
}

/** The same on trusted values. */
export function packTensors(
  xs: readonly Value[],
  pattern: string,
): [packed: Value, packedShapes: number[][]] {
  return join(xs, parsePackPattern(pattern, 'pack'))
}

function join(xs: readonly Value[], pattern: PackPattern): [packed: Value, packedShapes: number[][]] {
  checkNamedAxes(xs, pattern)
  const before = pattern.before.length
  const after = pattern.after.length
  const shape = packedShape(xs, { before, after })
  if (shape.reduce((size, length) => size * Math.max(1, length), 1) > Number.MAX_SAFE_INTEGER) {
    throw mistake(pattern, xs, say('shape/too-large', { got: sizeOf(shape) }), pattern.star)
  }
  return [joined(xs, before, after), xs.map((x) => [...middleOf(x.shape, before, after)])]
}

/** All have the named axes, in the lengths of the first. */
function checkNamedAxes(xs: readonly Value[], pattern: PackPattern): void {
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
  xs: readonly Value[],
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
