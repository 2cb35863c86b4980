/**
 * An einsum as nodes. Two operands whose axes are known are a matrix product: axes that only one has become its rows or columns, those that both have and the
 * result has not are summed, the others are batches. MatMul and Gemm say that, after the operands were brought into that order; Einsum says the rest.
 */
import type { Dtype } from '../layout/dtype.ts'
import type { EinsumPlan } from '../layout/einsum-plan.ts'
import { sizeOf } from '../layout/layout.ts'
import { sumDtype } from '../steps/contract.ts'
import type { Contract } from '../steps/step.ts'
import { activated } from './activation.ts'
import { type Graph, tensorTypes } from './graph.ts'
import {
  arranged,
  cast,
  forBroadcast,
  type GraphValue,
  grouped,
  inOrder,
  type Run,
  replaced,
  settled,
  whole,
} from './values.ts'

/** An operand by the axes of the plan: those that it has, each with its stride. */
interface Operand {
  readonly value: GraphValue
  readonly strides: readonly number[]
}

export function contracted(graph: Graph, step: Contract, inputs: readonly GraphValue[]): GraphValue {
  const { plan, activation } = step
  const count = plan.operands.length
  const dtype = sumDtype(inputs[0]!.dtype)
  const added = inputs.slice(count)
  const operands = inputs
    .slice(0, count)
    .map((input, i) => operandOf(graph, plan, i, cast(graph, input, dtype)))
  const bias = step.bias ? added[0]! : null
  const gemm = linear(graph, step, operands, bias)
  let value =
    gemm ?? scaled(graph, product(graph, plan, operands), step.scale * timesRepeated(plan, operands))
  const add = (other: GraphValue) => {
    value = whole(
      graph.emit('Add', [inOrder(graph, value), forBroadcast(graph, other)]),
      plan.outputShape,
      dtype,
    )
  }
  if (bias !== null && gemm === null) add(bias)
  if (activation !== null) value = activated(graph, value, activation)
  if (step.residual) add(added.at(-1)!)
  return value
}

/** How often a summed axis counts along which no operand changes. */
function timesRepeated(plan: EinsumPlan, operands: readonly Operand[]): number {
  const output = plan.output.flat()
  const isRepeated = (axis: number) =>
    !output.includes(axis) && operands.every(({ strides }) => strides[axis] === 0)
  return sizeOf(axesWhere(plan, isRepeated).map((axis) => plan.lengths[axis]!))
}

function scaled(graph: Graph, value: GraphValue, scale: number): GraphValue {
  if (scale === 1) return value
  const { shape } = value.layout
  const { dtype } = value
  const factor = graph.number(scale, tensorTypes[dtype]!)
  return whole(graph.emit('Mul', [inOrder(graph, value), factor]), shape, dtype)
}

/** An operand whose elements can be brought into any order of its axes: of a diagonal those are taken out first. */
function operandOf(graph: Graph, plan: EinsumPlan, i: number, given: GraphValue): Operand {
  const { lengths } = plan
  const stridesOf = ({ layout }: GraphValue) =>
    plan.operandStride(i, layout).map((stride, axis) => (lengths[axis] === 1 ? 0 : stride))
  const byAxis = (value: GraphValue) => ({
    shape: lengths,
    stride: stridesOf(value),
    offset: value.layout.offset,
  })
  const value = replaced(given, byAxis(given)) === null ? settled(graph, given) : given
  const used = plan.operands[i]!.flatMap((axes, dimension) =>
    value.layout.shape[dimension] === 1 ? [] : axes.filter((axis) => lengths[axis]! > 1),
  )
  const own = [...new Set(used)]
  if (own.length === used.length) return { value, strides: stridesOf(value) }
  const apart = graph.once('Reshape', [inOrder(graph, value), used.map((axis) => lengths[axis]!)])
  const equation = `${letters(used)}->${letters(own)}`
  return operandAlong(plan, own, graph.once('Einsum', [apart], { equation }), value.dtype)
}

/** An operand whose tensor has some axes of the plan as its own. */
function operandAlong(plan: EinsumPlan, axes: readonly number[], tensor: string, dtype: Dtype): Operand {
  const value = whole(
    tensor,
    axes.map((axis) => plan.lengths[axis]!),
    dtype,
  )
  return { value, strides: stridesIn(plan, axes, value) }
}

const letters = (axes: readonly number[]): string =>
  axes.map((axis) => String.fromCharCode(axis < 26 ? 97 + axis : 39 + axis)).join('')

/**
 * `x Wᵀ + b` with a weight as it is kept, in one node: Gemm of all rows of x. A product without bias of a weight [summed, columns] is left to MatMul, which takes
 * rows as they are.
 */
function linear(
  graph: Graph,
  { plan, scale }: Contract,
  [x, weight, ...others]: readonly Operand[],
  bias: GraphValue | null,
): GraphValue | null {
  if (weight === undefined || others.length > 0 || plan.output.length < 2) return null
  const rows = plan.output.slice(0, -1).flat()
  const columns = plan.output.at(-1)!
  const has = ({ strides }: Operand, axis: number) => strides[axis] !== 0 || plan.lengths[axis] === 1
  const isRow = rows.every((axis) => has(x!, axis) && weight.strides[axis] === 0)
  const isColumn = columns.every((axis) => has(weight, axis) && x!.strides[axis] === 0)
  const summed = axesWhere(plan, (axis) => !rows.includes(axis) && !columns.includes(axis))
  const isSummed = summed.length > 0 && summed.every((axis) => has(x!, axis) && has(weight, axis))
  if (!isRow || !isColumn || !isSummed || (bias !== null && bias.layout.shape.length !== 1)) return null
  const step = (axes: readonly number[]) => Math.max(...axes.map((axis) => weight.strides[axis]!))
  const isTransposed = step(columns) >= step(summed)
  if (bias === null && !isTransposed) return null
  const matrix = ({ value, strides }: Operand, ...groups: readonly (readonly number[])[]) => {
    const runs = groups.map((group) => group.map((axis) => runOf(plan, strides, axis)))
    return arranged(graph, value, runs)!
  }
  const inputs = [
    matrix(x!, rows, summed),
    isTransposed ? matrix(weight, columns, summed) : matrix(weight, summed, columns),
    ...(bias ? [inOrder(graph, bias)] : []),
  ]
  const attributes = {
    ...(isTransposed && { transB: 1 }),
    ...(scale !== 1 && { alpha: { float: scale } }),
  }
  const result = graph.emit('Gemm', inputs, attributes)
  const shape = [sizeOf(plan.outputShape.slice(0, -1)), plan.outputShape.at(-1)!]
  return settled(graph, { ...whole(result, plan.outputShape, x!.value.dtype), shape })
}

const runOf = ({ lengths }: EinsumPlan, strides: readonly number[], axis: number): Run => ({
  length: lengths[axis]!,
  stride: strides[axis]!,
})

function axesWhere({ lengths }: EinsumPlan, is: (axis: number) => boolean): number[] {
  return lengths.flatMap((length, axis) => (length > 1 && is(axis) ? [axis] : []))
}

/** The sum of products, its axes as the output has them. */
function product(graph: Graph, plan: EinsumPlan, given: readonly Operand[]): GraphValue {
  const output = plan.output.flat().filter((axis) => plan.lengths[axis]! > 1)
  const operands = given.map((operand, i) =>
    withoutOwn(
      graph,
      plan,
      operand,
      (axis) => !output.includes(axis) && given.every((other, j) => j === i || other.strides[axis] === 0),
    ),
  )
  const [a, b] = operands as [Operand, Operand]
  if (operands.length === 1) return finished(graph, plan, a.value, a.strides)
  const summed = axesWhere(
    plan,
    (axis) => !output.includes(axis) && operands.some(({ strides }) => strides[axis] !== 0),
  )
  if (operands.length > 2) return byEinsum(graph, plan, operands, output)
  if (summed.length === 0) return times(graph, plan, operands, output)
  const last = output.at(-1)
  const swaps = last !== undefined && b.strides[last] === 0
  return matrixProduct(graph, plan, swaps ? [b, a] : [a, b], { output, summed })
}

/** An operand summed along the axes that only it has. */
function withoutOwn(
  graph: Graph,
  plan: EinsumPlan,
  operand: Operand,
  isOwn: (axis: number) => boolean,
): Operand {
  const { value, strides } = operand
  const own = axesWhere(plan, (axis) => strides[axis] !== 0 && isOwn(axis))
  if (own.length === 0) return operand
  const left = axesWhere(plan, (axis) => strides[axis] !== 0 && !own.includes(axis))
  const runs = [...left, ...own].map((axis) => [runOf(plan, strides, axis)])
  const axes = own.map((_, i) => left.length + i)
  const sum = graph.emit('ReduceSum', [arranged(graph, value, runs)!, axes], { keepdims: 0 })
  return operandAlong(plan, left, sum, value.dtype)
}

/** Products of elements, none of which are summed. */
function times(
  graph: Graph,
  plan: EinsumPlan,
  operands: readonly Operand[],
  output: readonly number[],
): GraphValue {
  const groups = (strides: readonly number[]) => output.map((axis) => [runOf(plan, strides, axis)])
  const tensors = operands.map(
    ({ value, strides }) => arranged(graph, value, groups(strides), { units: true })!,
  )
  const known = output.filter((axis) => operands.some(({ strides }) => strides[axis] !== 0))
  const shape = output.map((axis) => (known.includes(axis) ? plan.lengths[axis]! : 1))
  const result = whole(graph.emit('Mul', tensors), shape, operands[0]!.value.dtype)
  return finished(graph, plan, result, stridesIn(plan, output, result, known))
}

/** Of a tensor whose axes are axes of the plan, the stride of each; 0 of those that it has not. */
function stridesIn(
  plan: EinsumPlan,
  axes: readonly number[],
  { layout }: GraphValue,
  known = axes,
): number[] {
  return plan.lengths.map((_, axis) => (known.includes(axis) ? layout.stride[axes.indexOf(axis)]! : 0))
}

interface Sorted {
  readonly output: readonly number[]
  readonly summed: readonly number[]
}

function matrixProduct(
  graph: Graph,
  plan: EinsumPlan,
  [left, right]: readonly [Operand, Operand],
  { output, summed }: Sorted,
): GraphValue {
  const has = ({ strides }: Operand, axis: number) => strides[axis] !== 0
  const isColumn = (axis: number) => has(right, axis) && !has(left, axis)
  const isRow = (axis: number) => has(left, axis) && !has(right, axis)
  const known = output.filter((axis) => has(left, axis) || has(right, axis))
  // columns and rows are what ends the output, if they are in that order; else the output is ordered so
  const inLine = known.length === 0 || isColumn(known.at(-1)!)
  const order = inLine
    ? known
    : [
        ...known.filter((axis) => !isRow(axis) && !isColumn(axis)),
        ...known.filter(isRow),
        ...known.filter(isColumn),
      ]
  let columnsFrom = order.length
  while (columnsFrom > 0 && isColumn(order[columnsFrom - 1]!)) columnsFrom--
  let rowsFrom = columnsFrom
  while (rowsFrom > 0 && isRow(order[rowsFrom - 1]!)) rowsFrom--
  const [batch, rows, columns] = [
    order.slice(0, rowsFrom),
    order.slice(rowsFrom, columnsFrom),
    order.slice(columnsFrom),
  ]
  // where the right operand is one matrix, rows stay apart as the output has them
  const isMatrix = batch.length === 0
  const rowGroups = isMatrix ? asIn(plan, rows) : [rows]
  const apart = batch.map((axis) => [axis])
  const tensor = ({ value, strides }: Operand, groups: readonly (readonly number[])[]) => {
    const runs = groups.map((group) => group.map((axis) => runOf(plan, strides, axis)))
    return arranged(graph, value, runs, { units: true })!
  }
  const name = graph.emit('MatMul', [
    tensor(left, [...apart, ...rowGroups, summed]),
    tensor(right, [...apart, summed, columns]),
  ])
  const lengths = (group: readonly number[]) => group.map((axis) => plan.lengths[axis]!)
  const groups = [...apart, ...rowGroups, columns]
  const result = whole(
    name,
    groups.map((group) => sizeOf(lengths(group))),
    left.value.dtype,
  )
  // the axes in their order, as if they stood apart
  const byAxis = whole(name, lengths(order), left.value.dtype)
  return finished(graph, plan, result, stridesIn(plan, order, byAxis))
}

/** Axes in groups as the output's dimensions have them; at least one group. */
function asIn(plan: EinsumPlan, axes: readonly number[]): readonly (readonly number[])[] {
  const groups = plan.output
    .map((group) => group.filter((axis) => axes.includes(axis)))
    .filter(({ length }) => length > 0)
  return groups.length > 0 ? groups : [[]]
}

function byEinsum(
  graph: Graph,
  plan: EinsumPlan,
  operands: readonly Operand[],
  output: readonly number[],
): GraphValue {
  const own = operands.map(({ strides }) => axesWhere(plan, (axis) => strides[axis] !== 0))
  const known = output.filter((axis) => own.some((axes) => axes.includes(axis)))
  const tensors = operands.map(({ value, strides }, i) =>
    arranged(
      graph,
      value,
      own[i]!.map((axis) => [runOf(plan, strides, axis)]),
    ),
  ) as string[]
  const equation = `${own.map(letters).join(',')}->${letters(known)}`
  const shape = known.map((axis) => plan.lengths[axis]!)
  const result = whole(graph.emit('Einsum', tensors, { equation }), shape, operands[0]!.value.dtype)
  return finished(graph, plan, result, stridesIn(plan, known, result))
}

/** A result by the axes of the plan, with the output's groups; axes that it has not repeat it. */
function finished(graph: Graph, plan: EinsumPlan, value: GraphValue, strides: readonly number[]): GraphValue {
  const groups = plan.output.map((axes) => axes.map((axis) => runOf(plan, strides, axis)))
  return grouped(graph, value, groups)
}
