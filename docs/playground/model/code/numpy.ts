/**
 * The same without einops: the reshapes and transposes that the pattern stands for, written with the lengths of this
 * shape. The steps are those of the story; a test runs them in NumPy and compares each element.
 */
import type { Reading, TensorReading } from '../reading.ts'
import type { Operation, Reduction } from '../state.ts'
import { operandNames } from './typescript.ts'

/** A Python program that computes `y` from `x` (and `w`, …). */
export function numpyCode(reading: Reading, operation: Operation, reduction: Reduction): string {
  const body = operation === 'einsum' ? contraction(reading) : transform(reading, operation, reduction)
  return `import numpy as np\n\ny = ${body}`
}

function transform({ axes, operands, result }: Reading, operation: Operation, reduction: Reduction): string {
  const operand = operands[0]!
  const lengths = (own: readonly number[]) => own.map((axis) => axes[axis]!.length)
  const before = flat(operand)
  const after = flat(result)
  let code = 'x'
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

function contraction({ axes, operands, result }: Reading): string {
  const letters = axes.map((_, axis) => String.fromCharCode((axis < 26 ? 97 : 65 - 26) + axis))
  const names = operandNames(operands.length)
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
