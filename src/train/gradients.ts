/** Gradients of functions of arrays, by the library's operations. */
import { parseTransform } from '../../grammar/index.ts'
import { materialize } from '../copy/copy.ts'
import { isContiguous, sizeOf } from '../layout/layout.ts'
import { planOf } from '../layout/plans.ts'
import { show } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { present, toNdarray } from '../ops/array.ts'
import { MachineArray } from '../steps/machine.ts'
import { rearranged } from '../steps/rearrange.ts'
import { region } from '../steps/scope.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { constant, zerosLike } from './changes.ts'
import { floats, mistake } from './refuse.ts'
import { Tape } from './tape.ts'

/**
 * How much a result changes with each of its inputs: for each input an array of its shape, the sum over the result's elements of
 * cotangent · ∂ element / ∂ input.
 *
 * @param f a function of arrays that returns one, made of this library's operations
 * @param inputs float32 or float64 arrays with any strides
 * @param cotangent of the shape and the dtype of the result; not needed where that is one number
 * @returns new arrays, one for each input
 * @throws {EinopsError} when an operation on the way has no gradient (`any`, a reduction by a function, integers), when `f` reads `data` or writes to
 *   elements, or when the cotangent does not fit; a number that `get` reads is a constant
 *
 * @example
 * const x = ndarray(new Float32Array([1, 2, 3, 4]), [2, 2])
 * const w = ndarray(new Float32Array([1, 0, 0, 1]), [2, 2])
 * const [dx] = gradients((x, w) => reduce(einsum([x, w], 'b i, o i -> b o'), 'b o -> ', 'sum'), [x, w])
 * dx.shape // → [2, 2]
 * dx.get(0, 1) // → 1
 */
export function gradients<const X extends readonly NdArray<Data>[]>(
  f: (...inputs: { [I in keyof X]: X[I] }) => NdArray<Data>,
  inputs: X,
  cotangent?: NdArray<Data>,
): { -readonly [I in keyof X]: X[I] } {
  if (typeof f !== 'function') throw mistake('gradients', `f is not a function — got ${show(f)}`)
  if (!Array.isArray(inputs))
    throw mistake('gradients', `the inputs are not a list of arrays — got ${show(inputs)}`)
  return region(() => {
    // each input is watched by itself, also where two of them are one array
    const watched = inputs.map((x, i) => itself(floats(x, 'gradients', `input ${i}`)))
    const tape = new Tape(watched)
    const result = tape.record(() => {
      const arrays = watched.map((value) => tape.present(value)) as { [I in keyof X]: X[I] }
      return floats(f(...arrays), 'gradients', 'the result of f')
    })
    const changes = tape.playBack(result, cotangentOf(result, cotangent))
    const given = [...inputs, ...(cotangent ? [cotangent] : [])]
    const taken = new Set<object>(
      given.flatMap((x: object) => (x instanceof MachineArray ? [] : [(x as NdArray).data])),
    )
    return watched.map((x) => owned(changes.get(x) ?? zerosLike(x), taken))
  }) as { -readonly [I in keyof X]: X[I] }
}

/** The array of a value, its elements its own: none stands twice, and `taken` has other arrays' buffers. */
export function owned(value: Value, taken: Set<object>): NdArray<Data> {
  const array = present(value)
  // under another machine the elements are not ours to copy
  if (array instanceof MachineArray) return array
  const own = isContiguous(array) && !taken.has(array.data) ? array : toNdarray(materialize(array))
  taken.add(own.data)
  return own
}

/** The same elements as a value of its own. */
function itself(x: Value): Value {
  return rearranged(x, planOf(parseTransform('... -> ...', 'rearrange'), x.shape))
}

function cotangentOf(result: Value, given: NdArray<Data> | undefined): Value {
  if (given !== undefined) {
    const g = floats(given, 'gradients', 'the cotangent')
    if (
      `${g.shape}` === `${result.shape}` &&
      g.shape.length === result.shape.length &&
      typeOf(g) === typeOf(result)
    )
      return g
    const [got, expected] = [g, result].map((value) => `${typeOf(value)} of shape [${value.shape}]`)
    throw mistake(
      'gradients',
      `the cotangent does not fit the result of f — got ${got}, expected ${expected}`,
    )
  }
  if (sizeOf(result.shape) === 1) return constant({ shape: result.shape, values: [1] }, result)
  throw mistake(
    'gradients',
    `f returns more than one number, so a cotangent is needed — got a result of shape [${result.shape}]`,
    "reduce(y, '... -> ', 'sum') makes one number of them",
  )
}
