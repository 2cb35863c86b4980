/** What changes are made of: sums over repeated axes, factors, values among zeros, and the sum of all that comes to one value. */
import { parseTransform } from '../../grammar/index.ts'
import { classOf } from '../layout/data.ts'
import { contiguous, sizeOf } from '../layout/layout.ts'
import { planOf } from '../layout/plans.ts'
import type { Tensor } from '../layout/tensor.ts'
import { rearrangeTensor } from '../ops/rearrange.ts'
import { foldBy } from '../steps/fold.ts'
import { joined } from '../steps/pack.ts'
import { converted } from '../steps/rearrange.ts'
import { part, place } from '../steps/slice.ts'
import { typeOf, type Value } from '../steps/value.ts'
import { add, multiply } from '../steps/zip.ts'

/** What a value changes by: another of its shape, one among zeros, or the sum of several. */
export type Change = Value | Placed | readonly Change[]

/** A value that stands among zeros, which need not be written down until somebody needs the whole. */
export interface Placed {
  readonly placed: Value
  readonly axis: number
  readonly start: number
  readonly step: number
  readonly count: number
  readonly length: number
}

export function placed(value: Value, where: Omit<Placed, 'placed'>): Placed {
  return { placed: value, ...where }
}

/** What a value was cut off. */
interface Cut {
  readonly whole: Value
  readonly axis: number
  readonly start: number
}

const cuts = new WeakMap<Value, Cut>()

/** One element of an axis. Where all of them are put together again, as they stood, that is the whole, and no copy. */
export function cut(whole: Value, axis: number, start: number): Value {
  const value = part(whole, axis, { start, lengths: [] })
  cuts.set(value, { whole, axis, start })
  return value
}

/** What single elements of an axis, all of them, were cut off. */
function uncut(values: readonly Value[], axis: number): Value | null {
  const whole = cuts.get(values[0]!)?.whole
  const isWhole = values.every((value, start) => {
    const from = cuts.get(value)
    return from?.whole === whole && from?.axis === axis && from?.start === start
  })
  return isWhole && whole?.shape[axis] === values.length ? whole : null
}

/** The change in the dtype of what changes. */
export function alike(x: Value, g: Value): Value {
  return typeOf(g) === typeOf(x) ? g : converted(g, typeOf(x))
}

/** The names of axes, as patterns write them: all of a shape, or some. */
export function axesOf(shape: readonly number[], axes: readonly number[] = [...shape.keys()]): string {
  return axes.map((axis) => `a${axis}`).join(' ')
}

/** The dual of repeating as NumPy does: what was repeated adds up. */
export function summedTo(g: Value, shape: readonly number[]): Value {
  const missing = g.shape.length - shape.length
  const isRepeated = (axis: number) => axis < missing || (shape[axis - missing] === 1 && g.shape[axis] !== 1)
  const axes = [...g.shape.keys()]
  if (!axes.some(isRepeated)) return g
  const right = axes.slice(missing).map((axis) => (isRepeated(axis) ? '1' : `a${axis}`))
  const pattern = parseTransform(`${axesOf(g.shape)} -> ${right.join(' ')}`, 'reduce')
  return foldBy(g, planOf(pattern, g.shape), 'sum')
}

/** `factor · x`. */
export function scaled(x: Value, factor: number): Value {
  return factor === 1 ? x : multiply(x, constant({ shape: [], values: [factor] }, x))
}

interface Constant {
  readonly shape: readonly number[]
  readonly values: ArrayLike<number>
}

/** Known numbers as a value of the dtype of another. */
export function constant({ shape, values }: Constant, like: Value): Tensor {
  const Elements = classOf(typeOf(like)) ?? Float64Array
  const data = new Elements(values.length) as Float64Array
  data.set(values)
  return { ...contiguous(shape), data }
}

/** 1 on the diagonal, 0 elsewhere. */
export function unitMatrix(n: number): Constant {
  return { shape: [n, n], values: Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)) }
}

/** Zeros of the shape and the dtype of a value. */
export function zerosLike(x: Value): Tensor {
  return constant({ shape: x.shape, values: new Float64Array(sizeOf(x.shape)) }, x)
}

/** All changes of a value added up. */
export function added(changes: readonly Change[], x: Value): Value {
  const single = changes.flatMap(flat)
  const parts = single.filter(isPlaced)
  const whole = joinedParts(parts)
  const values = whole
    ? [...single.filter((change) => !isPlaced(change)), whole]
    : single.map((change) => (isPlaced(change) ? place(change.placed, change.axis, change) : change))
  return (
    (values as readonly Value[]).reduce<Value | null>(
      (sum, value) => (sum ? add(sum, value) : value),
      null,
    ) ?? zerosLike(x)
  )
}

function flat(change: Change): readonly (Value | Placed)[] {
  return Array.isArray(change) ? change.flatMap(flat) : [change as Value | Placed]
}

function isPlaced(change: Value | Placed): change is Placed {
  return 'placed' in change
}

/** Parts that fill an axis one after the other are joined; null where they do not. */
function joinedParts(parts: readonly Placed[]): Value | null {
  const [first] = parts
  if (first === undefined) return null
  const { axis, length } = first
  const sorted = parts.toSorted((a, b) => a.start - b.start)
  let end = 0
  for (const one of sorted) {
    if (one.axis !== axis || one.length !== length || one.start !== end || one.step !== 1) return null
    end += sizeOf(one.placed.shape.slice(axis, axis + one.count))
  }
  if (end !== length) return null
  const values = sorted.map(({ placed }) => placed)
  const rank = first.placed.shape.length - first.count + 1
  if (sorted.some(({ count }) => count !== 0)) return joined(values, { before: axis, after: rank - axis - 1 })
  const whole = uncut(values, axis)
  if (whole) return whole
  const names = Array.from({ length: rank - 1 }, (_, i) => `a${i}`)
  return rearrangeTensor(values, `k ${names.join(' ')} -> ${names.toSpliced(axis, 0, 'k').join(' ')}`)
}
