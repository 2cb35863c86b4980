/**
 * What the compiler knows of arrays: the kind of buffer, and the shape where it is known. An `NdArray` says nothing of
 * its shape; `shaped` and every operation whose result has a known rank give a `Shaped` one, which is an `NdArray` too.
 * In a generic function whose parameter hides it, a pattern is judged by what the parameter's constraint says.
 */

import type { ZipOperation } from '../../grammar/ast.ts'
import type { Shape, Unless } from '../../grammar/types/index.ts'
import type { Mistake, Say } from '../../grammar/types/mistake.ts'
import type { Integers, Numbers } from '../layout/data.ts'
import type { Dtype } from '../layout/dtype.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import type { ArraysByDtype, DtypeName } from './options.ts'

/** An array whose shape is a tuple: `Shaped<Float32Array, [8, 196, 768]>`, or `[number, number]` where the rank is known. */
export interface Shaped<D extends Data, S extends number[]> extends NdArray<D> {
  shape: S
}

/** An array, or a list of equal arrays. */
export type ArrayOrList = NdArray<Data> | readonly NdArray<Data>[]

/** The buffer of an array, or of a list's arrays. */
export type DataOf<X> = X extends Holding<infer D> ? D : X extends readonly Holding<infer D>[] ? D : Data

/** What an array is asked for its buffer by; its shape may not be known yet. */
interface Holding<D extends Data> {
  readonly data: D
}

/**
 * The shape of an array, or of a list as one array with a new first axis; `number[]` where nothing is known. A shape in
 * place of an array, as `explain` takes one, is itself.
 */
export type ShapeOf<X> =
  IsAny<X> extends true
    ? number[]
    : X extends readonly unknown[]
      ? IsShape<X> extends true
        ? OneShapeOf<X>
        : Stacked<X['length'], OneShapeOf<X[number]>>
      : OneShapeOf<X>

type OneShapeOf<X> =
  IsAny<X> extends true
    ? number[]
    : X extends readonly number[]
      ? [...X]
      : X extends { readonly shape: infer S extends number[] }
        ? S
        : number[]

type IsAny<X> = 0 extends 1 & X ? true : false

/** Whether a list is a shape; one of arrays among which the compiler knows some only as `any` is none. */
type IsShape<X extends readonly unknown[]> = X extends readonly number[]
  ? IsAny<X[number]> extends true
    ? false
    : true
  : false

type Stacked<Length extends number, S extends number[]> = number extends S['length']
  ? number[]
  : [Length, ...S]

/** The shapes of all operands; a single array is one operand. */
export type ShapesOf<X> =
  IsAny<X> extends true
    ? number[][]
    : X extends readonly unknown[]
      ? IsShape<X> extends true
        ? [OneShapeOf<X>]
        : { [K in keyof X]: OneShapeOf<X[K]> }
      : [OneShapeOf<X>]

/** The same of operands among which numbers stand for arrays without axes. */
export type OperandShapes<X extends readonly unknown[]> = {
  [K in keyof X]: X[K] extends number ? [] : OneShapeOf<X[K]>
}

/** An array of a shape, as far as it is known. */
export type ArrayOf<D extends Data, S extends Shape> = number extends S['length']
  ? NdArray<D>
  : Shaped<D, S extends number[] ? S : number[]>

/** The buffer of a result: of the dtype that was asked for, or of `out`, or D where there is neither. */
export type Converted<D extends Data, T extends DtypeName, O extends Data> = [T] extends [never]
  ? [O] extends [never]
    ? D
    : O
  : ArraysByDtype[T]

/** Buffers of the same kind, whatever memory they are on. */
export type SameKind<D extends Data> = D | Extract<D extends TypedArray ? KindAmong<D, TypedArray> : D, Data>

type KindAmong<D, T> = T extends unknown ? (D extends T ? T : never) : never

type TypedArray = Numbers | BigInt64Array | BigUint64Array

/**
 * The buffer of sums of elements of a buffer: integers are added up in float64. By an index, so that a function that is generic in a float
 * dtype knows its sums to be of that dtype.
 */
export type SumsOf<D extends Data> = {
  readonly float64: Float64Array
  readonly same: Exclude<D, Integers>
}[D extends Integers ? 'float64' : 'same']

/** A dtype by the name of its class; Node's buffers are Uint8Arrays. */
type DtypeNamed<Tag> = Tag extends 'Uint8ClampedArray'
  ? 'uint8_clamped'
  : Tag extends `${infer Name}Array`
    ? Extract<Lowercase<Name>, Dtype>
    : never

/** The dtype of an array, or `Dtype` where several are possible. */
type DtypeOf<X> =
  IsAny<X> extends true
    ? Dtype
    : X extends Holding<infer D>
      ? D extends { readonly [Symbol.toStringTag]: infer Tag }
        ? DtypeNamed<Tag>
        : Dtype
      : Dtype

/**
 * Anything, unless a list's arrays are known to have several dtypes: then the sentence that the run time says of them. `Converted` is never
 * where they are not converted.
 */
export type OneDtype<
  O extends 'rearrange' | 'reduce' | 'repeat' | 'argmax' | 'argmin' | 'einsum' | 'pack' | ZipOperation,
  X,
  Converted = never,
> = Unless<
  IsAny<X> extends true
    ? never
    : [Converted, X] extends [never, readonly [infer First, ...infer Rest]]
      ? Like<O, DtypeOf<First>, Rest, [First]>
      : never,
  unknown
>

type Like<O extends string, Expected, Rest extends readonly unknown[], Before extends readonly unknown[]> =
  IsOne<Expected> extends true
    ? Rest extends readonly [infer Next, ...infer Others]
      ? IsOne<DtypeOf<Next>> extends true
        ? DtypeOf<Next> extends Expected
          ? Like<O, Expected, Others, [...Before, Next]>
          : Say<O, Unlike<O, DtypeOf<Next>, Expected, Before['length'], [...Before, Next]['length']>>
        : Like<O, Expected, Others, [...Before, Next]>
      : never
    : never

type Unlike<O, Got, Expected, Index, Count> = O extends 'einsum' | ZipOperation
  ? Mistake<
      'tensor/dtype',
      {
        what: `operand ${Extract<Count, number>}`
        got: Got
        expected: `${Extract<Expected, string>}, as ${O extends 'einsum' ? 'operand 1' : 'the operands before it'}`
      }
    >
  : Mistake<'list/unequal', { what: 'dtypes'; got: Got; index: Index; expected: Expected }>

/** Whether a type is one dtype, not several. */
type IsOne<T, All = T> = T extends unknown ? ([All] extends [T] ? true : false) : never
