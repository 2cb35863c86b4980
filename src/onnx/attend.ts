/**
 * Attention as nodes. `'plain'` is the graph that everybody writes, and every runtime knows: MatMul, Softmax, MatMul. `'fused'` is one node: the standard's
 * Attention from operator set 23 on, before that MultiHeadAttention, as onnxruntime has it.
 */
import type { Attend } from '../steps/step.ts'
import type { Graph } from './graph.ts'
import { tensorTypes } from './graph.ts'
import {
  arranged,
  forBroadcast,
  type GraphValue,
  inOrder,
  permuted,
  runsOf,
  sameShape,
  settled,
  whole,
} from './values.ts'

export type AttentionForm = 'plain' | 'fused'

export function attended(
  graph: Graph,
  step: Attend,
  inputs: readonly GraphValue[],
  form: AttentionForm,
): GraphValue {
  const isHeads = inputs.slice(0, 3).every(({ layout }) => layout.shape.length === 4)
  if (form === 'fused' && isHeads && step.result === 'output') return fused(graph, step, inputs)
  const [q, k, v, bias] = inputs as [GraphValue, GraphValue, GraphValue, GraphValue?]
  const axes = k.layout.shape.map((_, axis) => axis)
  const [row, column] = axes.splice(-2) as [number, number]
  const [batch, n, m] = [q.layout.shape.slice(0, -2), q.layout.shape.at(-2)!, k.layout.shape.at(-2)!]
  let scores = graph.emit('MatMul', [inOrder(graph, q), inOrder(graph, permuted(k, [...axes, column, row]))])
  if (step.scale !== 1) scores = graph.emit('Mul', [scores, graph.number(step.scale, tensorTypes[q.dtype]!)])
  if (bias) scores = graph.emit('Add', [scores, forBroadcast(graph, bias)])
  const weights = graph.emit('Softmax', [scores], { axis: batch.length + 1 })
  if (step.result === 'weights') return whole(weights, [...batch, n, m], q.dtype)
  const e = v.layout.shape.at(-1)!
  return whole(graph.emit('MatMul', [weights, inOrder(graph, v)]), [...batch, n, e], q.dtype)
}

/** Heads side by side in each token, as both operators take them: [b, h, n, d] → [b, n, (h d)]. */
function merged(graph: Graph, value: GraphValue): string {
  const [b, h, n, d] = runsOf(value.layout) as [[never], [never], [never], [never]]
  const groups = [b, n, [...h, ...d]]
  return arranged(graph, value, groups) ?? arranged(graph, settled(graph, value), groups)!
}

function fused(graph: Graph, { scale }: Attend, [q, k, v, bias]: readonly GraphValue[]): GraphValue {
  const [b, heads, n] = q!.layout.shape as [number, number, number, number]
  const m = k!.layout.shape[2]!
  const e = v!.layout.shape[3]!
  const three = [q!, k!, v!].map((value) => merged(graph, value))
  const added = bias && fourAxes(graph, bias, [heads, n, m])
  const factor = { scale: { float: scale } }
  const name =
    graph.opset >= 23
      ? graph.emit('Attention', added ? [...three, added] : three, {
          q_num_heads: heads,
          kv_num_heads: heads,
          ...factor,
        })
      : graph.emit(
          'MultiHeadAttention',
          added ? [...three, '', '', added] : three,
          { num_heads: heads, ...factor },
          'com.microsoft',
        )
  const output = whole(name, [b, n, heads, e], q!.dtype)
  return permuted({ ...output, shape: [b, n, heads * e] }, [0, 2, 1, 3])
}

/** What is added to scores, with all of its axes: [1 or b, h, n, m]. */
function fourAxes(graph: Graph, bias: GraphValue, [h, n, m]: readonly [number, number, number]): string {
  const { shape } = bias.layout
  const name = inOrder(graph, bias)
  const full = [shape.length === 4 ? shape[0]! : 1, h, n, m]
  if (sameShape(shape, full)) return name
  const given = graph.once('Reshape', [name, [...full.slice(shape.length).fill(1), ...shape]])
  return sameShape([1, ...shape], full) ? given : graph.once('Expand', [given, full])
}
