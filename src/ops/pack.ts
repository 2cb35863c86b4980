/** pack: several tensors that differ in some axes become one, those axes flattened one after the other. */
import type { PackPattern } from '../../grammar/ast.ts'
import { EinopsError } from '../../grammar/error.ts'
import { parsePackPattern } from '../../grammar/index.ts'
import { say } from '../../grammar/sentences.ts'
import type { Checked, PackedShape, UnderStar } from '../../grammar/types/index.ts'
import { sizeOf } from '../layout/layout.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { expectHost } from '../steps/machine.ts'
import { joined, middleOf, packedShape, packInto } from '../steps/pack.ts'
import type { HostValue, Value } from '../steps/value.ts'
import { present } from './array.ts'
import { asList } from './input.ts'
import { checkOptions, checkOut, type DtypeName, type Options, optionKinds } from './options.ts'
import type { ArrayOf, Converted, DataOf, OneDtype, ShapeOf } from './typed.ts'

/** The packed array is always a new one, or `out`. */
export type PackOptions<D extends Data = Data, T extends DtypeName = never> = Omit<Options<D, T>, 'copy'>

const packKinds = { dtype: optionKinds.dtype, out: optionKinds.out }

/** What stands under `*` in each array. */
type PackedShapes<X extends readonly unknown[], P extends string> = {
  -readonly [K in keyof X]: UnderStar<P, ShapeOf<X[K]>>
}

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
  xs: X & OneDtype<'pack', X, T | O>,
  pattern: Checked<'pack', P>,
  options?: PackOptions<O, T>,
): [packed: ArrayOf<Converted<DataOf<X>, T, O>, PackedShape<P>>, packedShapes: PackedShapes<X, P>]
export function pack(
  xs: readonly NdArray<Data>[],
  pattern: string,
  options?: PackOptions<Data, DtypeName>,
): [packed: NdArray<Data>, packedShapes: number[][]] {
  const parsed = parsePackPattern(pattern, 'pack')
  const place = { pattern, span: { start: 0, end: pattern.length } }
  const { out, dtype } = checkOptions(options, 'pack', packKinds)
  const values = asList(xs, 'pack', place, dtype !== undefined || out !== undefined)
  const form = formOf(values, parsed)
  if (out === undefined) return [present(joined(values, { ...form, dtype: dtype ?? null })), form.middles]
  expectHost('pack', "writing into 'out'")
  checkOut(out, packedShape(values, form), null, 'pack')
  packInto(form, values as readonly HostValue[], out)
  return [out, form.middles]
}

/** The same on trusted values. */
export function packTensors(
  xs: readonly Value[],
  pattern: string,
): [packed: Value, packedShapes: number[][]] {
  const form = formOf(xs, parsePackPattern(pattern, 'pack'))
  return [joined(xs, form), form.middles]
}

/** How many axes stand before and after those that are flattened, and which these are in each value. */
function formOf(xs: readonly Value[], pattern: PackPattern) {
  checkNamedAxes(xs, pattern)
  const before = pattern.before.length
  const after = pattern.after.length
  const shape = packedShape(xs, { before, after })
  if (shape.reduce((size, length) => size * Math.max(1, length), 1) > Number.MAX_SAFE_INTEGER) {
    throw mistake(pattern, xs, say('shape/too-large', { got: sizeOf(shape) }), pattern.star)
  }
  return { before, after, middles: xs.map((x) => [...middleOf(x.shape, { before, after })]) }
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
