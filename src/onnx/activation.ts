/** Functions of single numbers as nodes: in the forms that runtimes look for, to compute each in one pass. */
import type { MapFunction } from '../rows/functions.ts'
import { type Graph, tensorTypes } from './graph.ts'
import { type GraphValue, inOrder, whole } from './values.ts'

type Calculate = (op: string, ...inputs: (string | number)[]) => string

const forms: Readonly<Record<MapFunction, (x: string, calculate: Calculate) => string>> = {
  gelu: (x, c) => c('Mul', c('Mul', x, c('Add', c('Erf', c('Div', x, Math.SQRT2)), 1)), 0.5),
  'gelu-tanh'(x, c) {
    const cubic = c('Add', x, c('Mul', c('Pow', x, 3), 0.044715))
    const tanh = c('Tanh', c('Mul', cubic, Math.sqrt(2 / Math.PI)))
    return c('Mul', c('Mul', x, c('Add', tanh, 1)), 0.5)
  },
  relu: (x, c) => c('Relu', x),
  silu: (x, c) => c('Mul', x, c('Sigmoid', x)),
  'quick-gelu': (x, c) => c('Mul', x, c('Sigmoid', c('Mul', x, 1.702))),
  exp: (x, c) => c('Exp', x),
  sin: (x, c) => c('Sin', x),
  cos: (x, c) => c('Cos', x),
  sqrt: (x, c) => c('Sqrt', x),
}

export function activated(graph: Graph, value: GraphValue, fn: MapFunction): GraphValue {
  const { layout, dtype } = value
  const x = inOrder(graph, value)
  const calculate: Calculate = (op, ...inputs) =>
    graph.emit(
      op,
      inputs.map((input) => (typeof input === 'string' ? input : graph.number(input, tensorTypes[dtype]!))),
    )
  const isOneNode = graph.opset >= 20 && (fn === 'gelu' || fn === 'gelu-tanh')
  const approximate = fn === 'gelu' ? 'none' : 'tanh'
  const result = isOneNode ? graph.emit('Gelu', [x], { approximate }) : forms[fn](x, calculate)
  return whole(result, layout.shape, dtype)
}
