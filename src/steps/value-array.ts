/**
 * What a user's own layer or function gets where another machine than the host performs the steps: an array with a shape and ndarray's view
 * methods, which become steps. It has no elements to write to, and none to read but where the machine has computed them: whatever is done
 * besides steps would be missing from what the machine writes down, so it is an error by name.
 */
import { EinopsError } from '../../grammar/error.ts'
import { parseTransform } from '../../grammar/index.ts'
import type { Dtype } from '../layout/dtype.ts'
import { sizeOf } from '../layout/layout.ts'
import { planOf } from '../layout/plans.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { currentMachine, type Machine, MachineArray } from './machine.ts'
import { rearranged } from './rearrange.ts'
import { part } from './slice.ts'
import { typeOf, type Value } from './value.ts'

type Index = number | null | undefined

/** The array of a value: `machine.present(value)`, which has ndarray's type for those who get it. */
export function arrayOf(machine: Machine, value: Value): NdArray<Data> {
  return new ValueArray(machine, value) as unknown as NdArray<Data>
}

class ValueArray extends MachineArray {
  readonly #machine: Machine
  readonly #value: Value

  constructor(machine: Machine, value: Value) {
    super()
    this.#machine = machine
    this.#value = value
  }

  override valueFor(operation: string): Value {
    if (this.#machine === currentMachine()) return this.#value
    throw new EinopsError({
      code: 'machine/ended',
      operation,
      what: `an array of ${this.#machine.name} is used outside of it — got an array of shape [${this.shape}] without elements`,
    })
  }

  get shape(): number[] {
    return [...this.#value.shape]
  }

  get dimension(): number {
    return this.#value.shape.length
  }

  get size(): number {
    return sizeOf(this.#value.shape)
  }

  get dtype(): Dtype {
    return typeOf(this.#value)
  }

  get data(): never {
    throw this.refused('reading the elements of an array')
  }

  get stride(): never {
    throw this.refused('asking where the elements of an array stand')
  }

  get offset(): never {
    throw this.refused('asking where the elements of an array stand')
  }

  get order(): never {
    throw this.refused('asking where the elements of an array stand')
  }

  get(...index: number[]): number {
    if (this.#machine.read === undefined) throw this.refused('reading the elements of an array')
    return this.#machine.read(this.#value).get(...index) as number
  }

  set(..._: number[]): never {
    throw this.refused('writing to an array')
  }

  index(..._: number[]): never {
    throw this.refused('asking where the elements of an array stand')
  }

  /** The elements whose index along an axis is given; axes without one stay. */
  pick(...indices: Index[]): NdArray<Data> {
    let value = this.valueFor('pick')
    for (const axis of this.#given(indices, 'pick').toReversed()) {
      value = part(value, axis.at, { start: axis.index, lengths: [] })
    }
    return arrayOf(this.#machine, value)
  }

  /** The elements from an index on, along each axis that has one. */
  lo(...indices: Index[]): NdArray<Data> {
    let value = this.valueFor('lo')
    for (const { at, index, length } of this.#given(indices, 'lo')) {
      value = part(value, at, { start: index, lengths: [length - index] })
    }
    return arrayOf(this.#machine, value)
  }

  /** The first elements, as many as given, along each axis that has a number. */
  hi(...counts: Index[]): NdArray<Data> {
    let value = this.valueFor('hi')
    for (const { at, index } of this.#given(counts, 'hi')) value = part(value, at, { lengths: [index] })
    return arrayOf(this.#machine, value)
  }

  /** Every so-manieth element along each axis that has a number, from the last one for negative ones. */
  step(...steps: Index[]): NdArray<Data> {
    let value = this.valueFor('step')
    for (const [at, step] of steps.entries()) {
      if (typeof step !== 'number' || step === 0) continue
      const length = this.shape[at]!
      const start = step < 0 ? Math.max(0, length - 1) : 0
      value = part(value, at, { start, step, lengths: [Math.ceil(length / Math.abs(step))] })
    }
    return arrayOf(this.#machine, value)
  }

  /** Axis `i` of the result is axis `order[i]`. */
  transpose(...order: Index[]): NdArray<Data> {
    const value = this.valueFor('transpose')
    const axes = value.shape.map((_, i) => order[i] ?? i)
    const name = (axis: number) => `a${axis}`
    const text = `${value.shape.map((_, axis) => name(axis)).join(' ')} -> ${axes.map(name).join(' ')}`
    return arrayOf(this.#machine, rearranged(value, planOf(parseTransform(text, 'rearrange'), value.shape)))
  }

  override refused(what: string, operation = 'ndarray'): EinopsError {
    return new EinopsError({
      code: 'machine/elements',
      operation,
      what: `${what} is not possible under ${this.#machine.name}, which sees which steps are taken, and not what is done besides`,
      shape: this.shape,
    })
  }

  /** The axes that have an index, checked. */
  #given(indices: readonly Index[], method: string): { at: number; index: number; length: number }[] {
    return indices.flatMap((index, at) => {
      if (typeof index !== 'number' || index < 0) return []
      const length = this.shape[at]
      const most = method === 'pick' ? (length ?? 0) - 1 : (length ?? 0)
      if (length !== undefined && Number.isSafeInteger(index) && index <= most) return [{ at, index, length }]
      throw new EinopsError({
        code: 'machine/index',
        operation: method,
        what: `the array has no such elements — got ${index} for axis ${at}`,
        shape: this.shape,
      })
    })
  }
}
