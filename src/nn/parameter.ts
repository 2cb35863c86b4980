/**
 * What a layer learns: a float32 array with a name in the state dict. A parameter is a tensor, so that an operation
 * takes it as it is. Its first values are drawn when they are first needed: a model that is filled from a checkpoint
 * never draws them, and never holds them twice.
 */

import { EinopsError } from '../../grammar/error.ts'
import { fill } from '../../grammar/sentences.ts'
import { copyInto } from '../copy/copy.ts'
import { Weight } from '../gemm/weight.ts'
import type { IsWeight, Precision, Weighted } from '../gemm/weighted.ts'
import { contiguous, contiguousStride, isContiguous, isSameShape, sizeOf } from '../layout/layout.ts'
import { isFloat32 } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, dtypeOf, toNdarray } from '../ops/array.ts'
import { expectHost } from '../steps/machine.ts'
import { roomFor } from '../steps/result.ts'
import { readsValues } from '../steps/scope.ts'

export interface ParameterOptions {
  /** Other shapes that `assign` takes the parameter on, where one meaning can be written in several forms. */
  readonly otherShapes?: readonly (readonly number[])[]
  /** Whether products take it as a matrix with the first axis as rows: then it is kept as their kernel reads it. */
  readonly matrix?: boolean
}

/** Makes a weight of elements that stay somebody else's, a matrix of so many rows. */
export type Keeper = (values: Float32Array, rows: number) => IsWeight

/**
 * A float32 array that a layer learns, readable and writable at any time.
 *
 * @example
 * const layer = new Linear(2, 3)
 * layer.weight.shape // → [3, 2]
 * layer.weight.array.set(0, 1, 0.5) // row 0, column 1
 * layer.weight.array.get(0, 1) // → 0.5
 * layer.weight.assign(ndarray(new Float32Array(6).fill(1), [3, 2]))
 */
export class Parameter implements Weighted {
  #shape: readonly number[]
  #weight: IsWeight | null = null
  #keeper: Keeper | null = null
  /** What was disposed, by the name that it had in its model. */
  #disposed: string | undefined
  #draw: ((size: number) => Float32Array) | null
  readonly #otherShapes: readonly (readonly number[])[]
  readonly #matrix: boolean
  readonly offset = 0
  /** Whether it learns: `false` freezes it, and then no gradient of it is computed. */
  requiresGrad = true

  /**
   * @param shape lengths of the axes
   * @param draw gives the first values in row-major order; called at most once
   */
  constructor(
    shape: readonly number[],
    draw: (size: number) => Float32Array,
    { otherShapes = [], matrix = false }: ParameterOptions = {},
  ) {
    this.#shape = shape
    this.#draw = draw
    this.#otherShapes = otherShapes
    this.#matrix = matrix
  }

  get shape(): readonly number[] {
    return this.#shape
  }

  get stride(): readonly number[] {
    return contiguousStride(this.#shape)
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.#shape)
  }

  /** The values as operations take them: packed for the kernel that needs them, not as an array. */
  get weight(): IsWeight {
    if (this.#weight === null) {
      if (this.#draw === null) throw disposedError(this.#disposed)
      const draw = this.#draw
      const values = roomFor('a parameter', this.#shape, 'Parameter', () => draw(this.size))
      if (!isFloat32(values) || values.length !== this.size) {
        const what = `the first values must be a Float32Array of ${this.size} — got ${show(values)}`
        throw new EinopsError({ code: 'parameter/draw', operation: 'Parameter', what })
      }
      this.#weight = this.#keeper?.(values, this.#shape[0]!) ?? new Weight(values)
      this.#draw = null
    }
    return this.#weight
  }

  /** The values in row-major order; writing to them changes the parameter. */
  get data(): Float32Array {
    expectHost('Parameter', "reading a parameter's elements")
    return this.weight.share()
  }

  /** Changes the values, given in row-major order, in place; the array is not to be kept. */
  update(change: (values: Float32Array) => void): void {
    expectHost('Parameter.update', 'changing a parameter')
    this.weight.update(change)
  }

  /** A copy of the values in row-major order. */
  copy(): Float32Array {
    const values = this.weight.read().slice()
    readsValues(this, values)
    return values
  }

  /**
   * The parameter as an ndarray over the same values (of a quantised one, a copy of what its codes stand for): reading and writing it reads and writes the parameter, until `assign` or a state dict
   * brings values in another of its shapes; from then on the parameter has an array of its own, and this one keeps what it had.
   */
  get array(): NdArray<Float32Array> {
    expectHost('Parameter', "reading a parameter's elements")
    return toNdarray(this)
  }

  /** Whether `assign` takes an array of this shape. */
  accepts(shape: readonly number[]): boolean {
    return [this.#shape, ...this.#otherShapes].some((own) => isSameShape(own, shape))
  }

  /**
   * Copies new values in: into `array`, where somebody holds it and the shape stays, else into memory of their own. Where that cannot be
   * had, the parameter keeps the values it had. A quantised one stays so, and keeps of each value the nearest that a code stands for: at most half a step of its row's scale away.
   *
   * @throws {EinopsError} when the shape or the dtype is not the parameter's; half and double precision are converted
   */
  assign(values: Tensor<Data>): void {
    asTensor(values, 'Parameter.assign')
    if (!this.accepts(values.shape)) {
      throw new EinopsError({
        code: 'parameter/shape',
        operation: 'Parameter.assign',
        what: `the shape is not the parameter's — got [${values.shape}], expected [${this.#shape}]`,
        values: { got: [...values.shape], expected: [...this.#shape] },
      })
    }
    if (!holdsReals(dtypeOf(values.data))) {
      throw new EinopsError({
        code: 'parameter/dtype',
        operation: 'Parameter.assign',
        what: `the dtype is not one of real numbers — got ${dtypeOf(values.data)}, expected float32`,
        values: { got: dtypeOf(values.data), expected: 'float32' },
      })
    }
    if (this.#weight === null && this.#draw === null) throw disposedError(this.#disposed)
    const shape = [...values.shape]
    if (this.#weight?.isShared && isSameShape(this.#shape, shape)) {
      // somebody holds the array
      copyInto(values, { ...contiguous(shape), data: this.#weight.share() })
    } else {
      const weight = this.#kept(flat(values), shape)
      this.#weight?.dispose()
      this.#weight = weight
    }
    this.#shape = shape
    this.#draw = null
  }

  #kept(values: Float32Array, [rows = 0]: readonly number[]): IsWeight {
    return this.#keeper?.(values, rows) ?? Weight.copyOf(values, this.#matrix ? rows : null)
  }

  /** Whether products take it as a matrix whose rows are output channels. */
  get isMatrix(): boolean {
    return this.#matrix
  }

  /** How the values are kept: `'int8'` or `'int8-fast'` where {@link quantize} made integers of them, which do not learn. */
  get precision(): Precision {
    return this.#weight?.precision ?? 'float32'
  }

  /**
   * Has the values kept otherwise from now on, those that there are and those that will be assigned.
   *
   * @internal
   */
  keepBy(keeper: Keeper): void {
    expectHost('Parameter', 'keeping a parameter otherwise')
    this.#keeper = keeper
    if (this.#weight !== null) this.take(keeper(this.#weight.read(), this.#shape[0]!))
  }

  /**
   * Takes a weight over as it is.
   *
   * @internal
   */
  take(weight: IsWeight): void {
    this.#weight?.dispose()
    this.#weight = weight
    this.#draw = null
  }

  /** Frees the values. The parameter cannot be used any more. */
  dispose(name = 'a parameter'): void {
    this.#disposed ??= name
    this.#weight?.dispose()
    this.#weight = null
    this.#draw = null
  }
}

/** The elements of a tensor in row-major order: where they stand, if they stand so. */
export function flat(tensor: Tensor<Data>): Float32Array {
  const { data, shape, offset } = tensor
  const size = sizeOf(shape)
  if (isFloat32(data) && isContiguous(tensor)) return data.subarray(offset, offset + size)
  const copy = { ...contiguous(shape), data: new Float32Array(size) }
  copyInto(tensor, copy)
  return copy.data
}

/** Whether arrays of a dtype hold real numbers that a parameter can take over. */
export function holdsReals(dtype: string): boolean {
  return ['float32', 'float64', 'float16', 'array'].includes(dtype)
}

function disposedError(name = 'the parameter'): Error {
  return new EinopsError({
    code: 'parameter/disposed',
    operation: 'Parameter',
    ...fill('the values of {name} are gone — it was disposed', { name }),
  })
}
