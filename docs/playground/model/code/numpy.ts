/**
 * The same without einops: the reshapes and transposes that the pattern stands for, written with the lengths of this
 * shape. The steps are those of the story; a test runs them in NumPy and compares each element.
 */
import { callNames } from '../names.ts'
import type { Reading, TensorReading } from '../reading.ts'
import type { State } from '../state.ts'
import { fittingLines } from '../whole.ts'

/** A Python program that computes the result from the operands. */
export function numpyCode(state: State, reading: Reading): string {
  const { operation } = state
  const { operands, result } = callNames(state)
  const program = (target: string, body: string) =>
    ['import numpy as np', '', ...fittingLines(state, operands[0]!), `${target} = ${body}`].join('\n')
  if (operation === 'pack') return program(result, concatenation(reading, operands))
  if (operation === 'unpack') {
    const { lines, cuts, axis } = separation(reading, operands)
    return [program(operands.join(', '), `np.split(${result}, ${cuts}, axis=${axis})`), ...lines].join('\n')
  }
  const body =
    operation === 'einsum' ? contraction(reading, operands) : transform(state, reading, operands[0]!)
  return program(result, body)
}

/** The axis that everything is joined along, and the shape of each part when what stands under `*` is one axis. */
function flattened({ axes, operands, result }: Reading): { axis: number; shapes: number[][] } {
  const axis = result.dimensions.findIndex((one) => one.axes[0] === axes.length - 1)
  const behind = result.shape.length - axis - 1
  const shapes = operands.map(({ shape }) => {
    const under = shape.slice(axis, shape.length - behind)
    const length = under.reduce((size, one) => size * one, 1)
    return [...shape.slice(0, axis), length, ...shape.slice(shape.length - behind)]
  })
  return { axis, shapes }
}

function concatenation(reading: Reading, names: readonly string[]): string {
  const { axis, shapes } = flattened(reading)
  const parts = names.map((name, i) => {
    const same = String(shapes[i]) === String(reading.operands[i]!.shape)
    return same ? name : `${name}${reshape(shapes[i]!)}`
  })
  return `np.concatenate([${parts.join(', ')}], axis=${axis})`
}

function separation(
  reading: Reading,
  names: readonly string[],
): { lines: string[]; cuts: string; axis: number } {
  const { axis, shapes } = flattened(reading)
  let end = 0
  const ends = shapes.slice(0, -1).map((shape) => {
    end += shape[axis]!
    return end
  })
  const lines = names.flatMap((name, i) => {
    const { shape } = reading.operands[i]!
    return String(shapes[i]) === String(shape) ? [] : [`${name} = ${name}${reshape(shape)}`]
  })
  return { lines, cuts: `[${ends.join(', ')}]`, axis }
}

function transform(
  { operation, reduction }: State,
  { axes, operands, result }: Reading,
  name: string,
): string {
  const operand = operands[0]!
  const lengths = (own: readonly number[]) => own.map((axis) => axes[axis]!.length)
  const before = flat(operand)
  const after = flat(result)
  let code = name
  if (!isFlat(operand)) code += reshape(lengths(before))
  let current = before
  const dropped = before.flatMap((axis, place) => (after.includes(axis) ? [] : place))
  const logical = reduction === 'any' || reduction === 'all'
  if (operation === 'reduce' && (logical || dropped.length > 0)) {
    code += `.${reduction}(axis=${tuple(dropped)})`
    if (logical) code += '.astype(np.uint8)'
    current = before.filter((axis) => after.includes(axis))
  }
  const old = after.filter((axis) => current.includes(axis))
  const order = old.map((axis) => current.indexOf(axis))
  if (order.some((place, i) => place !== i)) code += `.transpose${tuple(order)}`
  if (old.length < after.length) {
    const index = after.map((axis) => (old.includes(axis) ? ':' : 'None')).join(', ')
    code = `np.broadcast_to(${code}[${index}], ${tuple(lengths(after))})`
  }
  if (!isFlat(result)) code += reshape(result.shape)
  return code
}

function contraction({ axes, operands, result }: Reading, names: readonly string[]): string {
  const letters = axes.map((_, axis) => String.fromCharCode((axis < 26 ? 97 : 65 - 26) + axis))
  // an operand's dimension of length 1 under the ellipsis has no axis and goes
  const views = operands.map((operand, i) =>
    isFlat(operand) ? names[i]! : `${names[i]}${reshape(flat(operand).map((axis) => axes[axis]!.length))}`,
  )
  const terms = operands.map((operand) =>
    flat(operand)
      .map((axis) => letters[axis])
      .join(''),
  )
  const output = flat(result)
    .map((axis) => letters[axis])
    .join('')
  const code = `np.einsum('${terms.join(',')}->${output}', ${views.join(', ')})`
  return isFlat(result) ? code : `${code}${reshape(result.shape)}`
}

function flat({ dimensions }: TensorReading): number[] {
  return dimensions.flatMap((dimension) => dimension.axes)
}

/** Whether every dimension is one axis, so that no reshape is needed. */
function isFlat({ dimensions }: TensorReading): boolean {
  return dimensions.every(({ axes }) => axes.length === 1)
}

function reshape(shape: readonly number[]): string {
  return shape.length === 0 ? '.reshape(())' : `.reshape${tuple(shape)}`
}

function tuple(numbers: readonly number[]): string {
  return numbers.length === 1 ? `(${numbers[0]},)` : `(${numbers.join(', ')})`
}
