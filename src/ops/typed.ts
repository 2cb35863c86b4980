/**
 * What the compiler knows of arrays: the kind of buffer, and the shape where it is known. An `NdArray` says nothing of
 * its shape; `shaped` and every operation whose result has a known rank give a `Shaped` one, which is an `NdArray` too.
 * A generic function takes an `NdArray<D>`, of which this is decided inside it; of a parameter `X extends NdArray` it is
 * not, and the compiler could not judge a pattern there.
 */
import type { Shape } from '../../grammar/types/index.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import type { ArraysByDtype, DtypeName } from './options.ts'

/** An array whose shape is a tuple: `Shaped<Float32Array, [8, 196, 768]>`, or `[number, number]` where the rank is known. */
export interface Shaped<D extends Data, S extends number[]> extends NdArray<D> {
  shape: S
}

/** An array, or a list of equal arrays. */
export type ArrayOrList = NdArray<Data> | readonly NdArray<Data>[]

/** The buffer of an array, or of a list's arrays. */
export type DataOf<X> = X extends NdArray<infer D> ? D : X extends readonly NdArray<infer D>[] ? D : Data

/**
 * The shape of an array, or of a list as one array with a new first axis; `number[]` where nothing is known. A shape in
 * place of an array, as `explain` takes one, is itself.
 */
export type ShapeOf<X> = 0 extends 1 & X // any
  ? number[]
  : X extends readonly number[]
    ? OneShapeOf<X>
    : X extends readonly unknown[]
      ? Stacked<X['length'], OneShapeOf<X[number]>>
      : OneShapeOf<X>

type OneShapeOf<X> = X extends readonly number[]
  ? [...X]
  : X extends { readonly shape: infer S extends number[] }
    ? S
    : number[]

type Stacked<Length extends number, S extends number[]> = number extends S['length']
  ? number[]
  : [Length, ...S]

/** The shapes of all operands; a single array is one operand. */
export type ShapesOf<X> = 0 extends 1 & X // any
  ? number[][]
  : X extends readonly number[]
    ? [OneShapeOf<X>]
    : X extends readonly unknown[]
      ? { [K in keyof X]: OneShapeOf<X[K]> }
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
export type SameKind<D extends Data> = Extract<D extends TypedArray ? KindAmong<D, TypedArray> : D, Data>

type KindAmong<D, T> = T extends unknown ? (D extends T ? T : never) : never

type TypedArray = Integers | Float32Array | Float64Array | BigInt64Array | BigUint64Array

type Integers =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array

/** The buffer of sums of elements of a buffer: integers are added up in float64. */
export type SumsOf<D extends Data> = D extends Integers ? Float64Array : D
