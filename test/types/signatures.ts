/**
 * Calls that the compiler has to accept, and what it has to know of their results; `npm run typecheck` is the test, in
 * TypeScript 5.9 and 7. What follows `@ts-expect-error` it has to refuse.
 */
import ndarray, { type Data, type NdArray } from 'ndarray'
import {
  add,
  argmax,
  type Checked,
  checkShape,
  divide,
  einsum,
  explain,
  fromNested,
  full,
  invert,
  map,
  multiply,
  type NoLengths,
  pack,
  parseShape,
  rearrange,
  reduce,
  repeat,
  type Shaped,
  type ShapeOf,
  shaped,
  softmax,
  subtract,
  toNested,
  unpack,
  zeros,
} from 'tesserae'
import { type Module, Rearrange, Reduce } from 'tesserae/nn'

/** Fails to compile unless the value's type is exactly `Expected`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? unknown : never
declare function expectType<Expected>(): <Actual>(value: Actual & Same<Expected, Actual>) => void

declare const x: NdArray<Float32Array>
declare const text: string
declare const flag: boolean
declare const count: number
declare const dictionary: Record<string, number>

export function arraysWithoutAKnownShapeStaySimple() {
  const y: NdArray<Float32Array> = rearrange(x, 'b c h w -> b h w c')
  expectType<NdArray<Float32Array>>()(rearrange(x, '... c -> c ...'))
  expectType<NdArray<Float32Array>>()(rearrange(x, text))
  expectType<NdArray<Int8Array>>()(repeat({} as NdArray<Int8Array>, text, dictionary))
  return y
}

export function theRankOfAResultIsKnown() {
  const tokens = rearrange(x, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
  expectType<Shaped<Float32Array, [number, number, number]>>()(tokens)
  const [b, n, d] = tokens.shape
  expectType<number>()(b * n * d)
  expectType<[number, number]>()(rearrange(x, '... c -> c (...)').shape)
  expectType<[number]>()(reduce(x, 'b c h w -> c', 'mean').shape)
  expectType<[number, number, number]>()(pack([x, x], 'h w *')[0].shape)
  // @ts-expect-error three dimensions, the pattern has two
  rearrange(tokens, 'a b -> b a')
}

export function literalShapesGoThrough() {
  const images = shaped(x, [8, 3, 224, 224])
  const patches = rearrange(images, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
  expectType<Shaped<Float32Array, [8, 196, 768]>>()(patches)
  const weight = shaped(x, [192, 768])
  expectType<[8, 196, 192]>()(einsum([patches, weight], 'b n i, o i -> b n o').shape)
  const tokens = einsum([images, weight], 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d', { s1: 16, s2: 16 })
  expectType<[8, 196, 192]>()(tokens.shape)
  expectType<[8, 3, 112, 112]>()(reduce(images, 'b c (h 2) (w 2) -> b c h w', 'max').shape)
  expectType<[8, 3, 448, 224, 2]>()(repeat(images, 'b c h w -> b c (2 h) w n', { n: 2 }).shape)
  expectType<[2, 8, 3, 224, 224]>()(rearrange([images, images], 'n ... -> n ...').shape)
  expectType<{ b: 8; c: 3; h: 224; w: 224 }>()(parseShape(images, 'b c h w'))
  expectType<{ b: 8; h: 14; w: 14 }>()(checkShape(images, 'b 3 (h 16) (w 16)'))
  // a length that is only a number leaves what depends on it open
  expectType<[8, 3, number, number, 224]>()(rearrange(images, 'b c (h s) w -> b c h s w', { s: count }).shape)
  // @ts-expect-error 224 is no multiple of 15
  rearrange(images, 'b c (h s) w -> b c h s w', { s: 15 })
  // @ts-expect-error 768 is not 700
  einsum([patches, shaped(x, [192, 700])], 'b n i, o i -> b n o')
}

export function lengthsAreNamedByThePattern() {
  rearrange(x, 'a (b c) -> a b c', { b: 2 })
  rearrange(x, 'a (b c) -> a b c', { c: 2 })
  rearrange(x, 'a (b c) -> a b c', { a: 3, b: 2, c: 2 })
  rearrange(x, 'a (b c) -> a b c', dictionary)
  rearrange(x, 'a (b c) -> a b c', flag ? { b: 2 } : { c: 2, b: 2 })
  rearrange(x, 'a b -> b a', flag ? { b: 2 } : {})
  rearrange(x, 'a b -> b a', {}, { copy: 'always' })
  rearrange(x, 'a b -> b a', undefined, { copy: 'never' })
  rearrange(x, '(constructor k) -> k constructor', { constructor: 2 })
  rearrange(x, 'constructor (toString k) -> k constructor toString', { k: 2 })
  rearrange(x, '(b c) -> b c', { b: 2, c: undefined })
  rearrange(x, '(b c) -> b c', { b: flag ? 2 : undefined, c: 2 })
  rearrange(x, text, { anything: undefined })
  // @ts-expect-error a length is a number
  rearrange(x, 'constructor k -> k constructor', { constructor: '2' })
  rearrange(x, text, { anything: 2 })
  einsum([x, x], 'b c (h s) w, (s c) d -> b h w d', { s: 16 })
  einsum([x, x, x], '(a b), (b c), c -> a')
  // @ts-expect-error b or c is needed
  rearrange(x, 'a (b c) -> a b c')
  // @ts-expect-error b or c is needed
  rearrange(x, 'a (b c) -> a b c', { a: 2 })
  // @ts-expect-error c is needed
  repeat(x, 'a b -> a b c')
  // @ts-expect-error the pattern has no d
  rearrange(x, 'a (b c) -> a b c', { b: 2, d: 2 })
  // @ts-expect-error a length is a number
  rearrange(x, 'a (b c) -> a b c', { b: '2' })
  // @ts-expect-error of three unknown lengths in a ring one has to be given
  einsum([x, x, x], '(a b), (b c), (c a) -> a')
}

export function whatIsNoLiteralIsCheckedWhenRun() {
  rearrange(x, text)
  rearrange(x, `a b -> ${text}`)
  rearrange(x, 'a b' + ' -> b a')
  rearrange(x, flag ? 'a b -> b a' : 'a b -> a b')
  // @ts-expect-error one of the two has a mistake
  rearrange(x, flag ? 'a b -> b a' : 'a b -> a')
  rearrange(x, '高 宽 -> 宽') // letters that the compiler knows nothing of
}

export function whatIsKnownOfArraysInPartIsKept() {
  const anything = JSON.parse('') // any
  expectType<number>()(rearrange(anything, '... a -> a ...').shape.length)
  einsum(anything, 'a b, b c -> a c')
  einsum([anything, x], 'a b, b c -> a c')
  einsum(new Array(2).fill(anything), 'a b, b c -> a c') // any[]
  expectType<[number, number, number]>()(rearrange([anything, x], 'n a b -> b n a').shape)
  // @ts-expect-error two arrays, whatever they are
  einsum([anything, x], 'a b, b c, c d -> a d')
  rearrange(anything, anything, anything)
  const either = {} as Shaped<Float32Array, [2, 3]> | Shaped<Float32Array, [4, 5]>
  expectType<[3, 2] | [5, 4]>()(rearrange(either, 'a b -> b a').shape)
  const floats = {} as NdArray<Float32Array> | NdArray<Float64Array>
  expectType<Float32Array | Float64Array>()(rearrange(floats, 'a b -> b a').data)
}

export function buffersKeepTheirKind() {
  expectType<NdArray<Int32Array>>()(rearrange({} as NdArray<Int32Array>, '... a -> a ...'))
  expectType<Float64Array>()(reduce({} as NdArray<Int32Array>, 'a ->', 'sum').data)
  expectType<Int32Array>()(reduce({} as NdArray<Int32Array>, 'a ->', 'max').data)
  expectType<Uint8Array>()(reduce(x, 'a ->', 'any').data)
  expectType<Float32Array>()(einsum(x, 'a a ->').data)
  rearrange(x, 'a b -> b a', {}, { out: ndarray(new Float32Array(6), [3, 2]) })
  // @ts-expect-error einsum does not convert
  einsum(x, 'a b -> b a', {}, { out: ndarray(new Float64Array(6), [3, 2]) })
}

export function buffersFollowDtypeAndOut() {
  const bytes = {} as NdArray<Uint8Array>
  expectType<Float32Array>()(rearrange(bytes, 'h w c -> 1 c h w', {}, { dtype: 'float32' }).data)
  expectType<[number, number, number]>()(repeat(bytes, 'h w -> h w 3', {}, { dtype: 'float64' }).shape)
  expectType<Float32Array>()(reduce(bytes, 'h w c -> c', 'mean', {}, { dtype: 'float32' }).data)
  expectType<Uint8Array>()(rearrange(bytes, 'a b -> b a', {}, { copy: 'always' }).data)
  const out = ndarray(new Float64Array(6), [3, 2])
  expectType<Float64Array<ArrayBuffer>>()(rearrange(x, 'a b -> b a', {}, { out }).data)
  expectType<Float32Array>()(pack([x, bytes], 'a *', { dtype: 'float32' })[0].data)
  expectType<Int8Array>()(rearrange([x, bytes], 'n a -> a n', {}, { dtype: 'int8' }).data)
  // @ts-expect-error no dtype
  rearrange(bytes, 'a b -> b a', {}, { dtype: 'float23' })
  // @ts-expect-error no option
  rearrange(bytes, 'a b -> b a', {}, { dtpye: 'float32' })
}

export function arithmeticKnowsShapesAndBuffers() {
  const tokens = shaped(x, [8, 197, 768])
  const bytes = {} as Shaped<Uint8Array, [8, 197]>
  expectType<Shaped<Float32Array, [8, 197, 768]>>()(add([tokens, shaped(x, [768])], 'b n d, d -> b n d'))
  expectType<Shaped<Float32Array, [8, 151296]>>()(multiply([tokens, 2], 'b n d, -> b (n d)'))
  expectType<Float64Array>()(divide([bytes, 255], 'b n, -> b n').data)
  expectType<Float32Array>()(subtract([tokens, bytes], 'b n d, b n -> d n b', {}, { dtype: 'float32' }).data)
  expectType<Shaped<Int32Array, [8]>>()(argmax(tokens, 'b n d -> b'))
  expectType<Float64Array>()(reduce(bytes, 'b n -> b', 'std').data)
  expectType<Shaped<Float64Array, [8, 197]>>()(map(bytes, (value) => value / 255))
  expectType<Shaped<Float32Array, [8, 197, 768]>>()(softmax(tokens))
  expectType<Shaped<Float32Array, [2, 3]>>()(zeros([2, 3]))
  expectType<Shaped<Uint8Array, [2]>>()(full([2], 255, 'uint8'))
  expectType<Shaped<Float32Array, [2, 1]>>()(fromNested([[1], [2]]))
  expectType<Shaped<Int16Array, [number]>>()(fromNested({} as number[], 'int16'))
  expectType<BigInt64Array<ArrayBuffer>>()(fromNested([1n]).data)
  expectType<number[][]>()(toNested(bytes))
  const either: NdArray<Float32Array> = flag ? x : add([x, x], text)
  // @ts-expect-error einsum sums, add does not
  add([x, x], 'i j, j k -> i k')
  // @ts-expect-error a function of numbers
  map(bytes, (value: bigint) => value)
  return either
}

export function arraysOfAListHaveOneDtype() {
  const bytes = {} as NdArray<Uint8Array>
  class Bytes extends Uint8Array {} // as Node's Buffer is one
  rearrange([bytes, {} as NdArray<Bytes>], 'n a -> a n')
  pack([x, {} as NdArray<Float32Array> | NdArray<Float64Array>, {} as NdArray<Data>], 'a *')
  // @ts-expect-error uint8 beside float32
  rearrange([x, bytes], 'n a -> a n')
  // @ts-expect-error uint8 beside float32
  einsum([x, bytes], 'a, a ->')
  // @ts-expect-error uint8 beside float32
  pack([x, x, bytes], '*')
}

export function whatIsTakenApartIsDefined() {
  const tokens = shaped(x, [197, 768])
  const [cls, patches] = unpack(tokens, [[1], [14, 14]], '* d')
  expectType<Shaped<Float32Array, [1, 768]>>()(cls)
  expectType<[14, 14, 768]>()(patches.shape)
  expectType<[number, 3]>()(unpack(x, [[2], [-1, 3]], '*')[1].shape)
  expectType<NdArray<Float32Array>[]>()(unpack(x, [] as number[][], '*'))
  const [packed, shapes] = pack([x, shaped(x, [2, 3, 4])], 'h *')
  expectType<[number[], [3, 4]]>()(shapes)
  const [, second] = unpack(packed, shapes, 'h *')
  expectType<[number, 3, 4]>()(second.shape)
}

export function reductionsGetWhatTheArrayHolds() {
  expectType<Float32Array>()(reduce(x, 'a b -> a', (view: NdArray<Float32Array>) => view.pick(null, 0)).data)
  reduce(x, 'a b -> a', (view, axes) => {
    expectType<NdArray<Float32Array>>()(view)
    return view.pick(...axes)
  })
  reduce(x, 'a b -> a', (view: NdArray<Data>) => view)
  new Reduce('a b -> a', (view: NdArray<Float32Array>) => view.pick(null, 0))
  // @ts-expect-error the array is float32
  reduce(x, 'a b -> a', (view: NdArray<Int8Array>) => view)
}

export function operandsAreCounted() {
  const list: NdArray<Float32Array>[] = [x]
  einsum(list, 'a b, b c -> a c')
  einsum([x, x], 'a b, b c -> a c')
  // @ts-expect-error two operands
  einsum([x], 'a b, b c -> a c')
  // @ts-expect-error two operands
  einsum(x, 'a b, b c -> a c')
}

export function otherOperations() {
  expectType<'b (h w) (s1 s2 c) -> b c (h s1) (w s2)'>()(invert('b c (h s1) (w s2) -> b (h w) (s1 s2 c)'))
  expectType<string>()(invert(text))
  rearrange(x, invert('a b c -> (c b) a'), { c: 4 })
  explain([2, 6], 'a (b c) -> (a b) c', { c: 3 })
  explain(x, 'a b -> a', {}, { operation: 'reduce' })
  explain([x, x], 'a b, b c -> a c', {}, { operation: 'einsum' })
  const [packed, shapes] = pack([x, x], 'a * c')
  expectType<[NdArray<Float32Array>, NdArray<Float32Array>]>()(unpack(packed, shapes, 'a * c'))
  expectType<NdArray<Float32Array>[]>()(unpack(packed, shapes as number[][], 'a * c'))
  expectType<Record<string, number>>()(parseShape(x, text))
  expectType<{ a: number; c: number }>()(parseShape(x, 'a _ c 3 ...'))
  // @ts-expect-error parseShape has single axes
  parseShape(x, 'a (b c)')
  // @ts-expect-error no star
  pack([x], 'a b')
}

export function layersTakeCheckedPatternsToo(): Module[] {
  // @ts-expect-error one-sided
  new Rearrange('a b -> b')
  // @ts-expect-error s1 or h is needed, s2 or w too
  new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16 })
  // @ts-expect-error the pattern has no d
  new Reduce('a b -> a', 'mean', { d: 2 })
  const patches: Rearrange = new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 16, s2: 16 })
  return [patches, new Reduce('a b -> a', 'mean'), new Rearrange(text, dictionary)]
}

/** Functions that are generic in the buffer or the array compile as they did without patterns in types. */
export function transposed<D extends Data>(x: NdArray<D>): NdArray<D> {
  return rearrange(x, 'a b -> b a')
}

/** So do those that are generic in the array, in some dtypes, and in lengths of a shape. */
export function genericIn<
  X extends NdArray<Data>,
  F extends NdArray<Float32Array>,
  D extends Float32Array | Float64Array,
  N extends number,
>(x: X, floats: F, either: NdArray<D>, rows: Shaped<Float32Array, [N, 3]>) {
  const one = [rearrange(x, 'a b -> b a'), repeat(x, 'a -> a 2'), reduce(x, 'a b -> a', 'sum')]
  const several = [rearrange([x, x], 'n a -> a n'), einsum([x, x], 'a b, b c -> a c'), pack([x, x], '*')]
  const turned: NdArray<Float32Array> = rearrange(rows, 'a b -> b a')
  const flipped: NdArray<D> = rearrange(either, 'a b -> b a', {}, { out: either })
  const product: NdArray<D> = einsum([either, either], 'a b, b c -> a c')
  const sums: NdArray<Float32Array> = reduce(floats, 'a b -> a', 'sum')
  const [first] = unpack(x, [[2], [-1]], '* a')
  const { a } = checkShape(rows, 'a 3')
  // @ts-expect-error one-sided, whatever the array
  rearrange(x, 'a b -> b')
  // @ts-expect-error one-sided
  rearrange(rows, 'a b -> b')
  return [one, several, turned, flipped, product, sums, first.shape.length + a]
}

/** A function of a user's own that takes patterns as `rearrange` does. */
export function arranged<X extends NdArray<Data>, P extends string>(
  x: X,
  pattern: Checked<'rearrange', P, NoLengths, ShapeOf<X>>,
): string {
  return `${rearrange(x, pattern as string).shape}`
}

export function ownFunctionsCheckPatternsToo() {
  arranged(x, 'a b -> b a')
  // @ts-expect-error one-sided
  arranged(x, 'a b -> b')
}
