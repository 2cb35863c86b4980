/** Norms as nodes: in one, where the operator set has it, else what it is made of. Both want the axes last, and in order. */
import type { Norm } from '../steps/step.ts'
import { type Graph, ones, tensorTypes } from './graph.ts'
import { type GraphValue, inOrder, permuted, whole } from './values.ts'

export function normed(graph: Graph, step: Norm, inputs: readonly GraphValue[]): GraphValue {
  const { axes, eps, centred } = step
  const [x, ...factors] = inputs as [GraphValue, ...GraphValue[]]
  const weight = step.weight ? factors[0] : undefined
  const bias = step.bias ? factors.at(-1) : undefined
  const rank = x.layout.shape.length
  const others = x.layout.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]))
  const order = [...others, ...axes]
  const value = permuted(x, order)
  const { shape } = value.layout
  const tensor = inOrder(graph, value)
  const first = others.length
  const own = shape.slice(first)
  const names = [weight, bias].map((factor) => factor && inOrder(graph, factor))
  const attributes = { axis: first, epsilon: { float: eps } }
  const scale = () => names[0] ?? graph.constant(ones(own))
  let result: string
  if (centred) {
    result = graph.emit('LayerNormalization', [tensor, scale(), ...(names[1] ? [names[1]] : [])], attributes)
  } else {
    result = graph.opset >= 23 ? graph.emit('RMSNormalization', [tensor, scale()], attributes) : byParts()
    if (names[1]) result = graph.emit('Add', [result, names[1]])
  }
  const back = order.map((_, axis) => order.indexOf(axis))
  return permuted(whole(result, shape, x.dtype), back)

  function byParts(): string {
    const type = tensorTypes[x.dtype]!
    const last = Array.from({ length: rank - first }, (_, i) => first + i)
    const squares = graph.emit('Pow', [tensor, graph.number(2, type)])
    const mean = reduced(graph, 'ReduceMean', squares, last, 1)
    const root = graph.emit('Sqrt', [graph.emit('Add', [mean, graph.number(eps, type)])])
    const divided = graph.emit('Div', [tensor, root])
    return names[0] ? graph.emit('Mul', [divided, names[0]]) : divided
  }
}

/** A reduction's node: since operator set 18 its axes are an input. */
export function reduced(
  graph: Graph,
  op: string,
  x: string,
  axes: readonly number[],
  keepdims: 0 | 1,
): string {
  const isInput = graph.opset >= 18 || op === 'ReduceSum'
  return isInput ? graph.emit(op, [x, axes], { keepdims }) : graph.emit(op, [x], { axes, keepdims })
}
