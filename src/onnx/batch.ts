/**
 * One graph for any batch. Writers know no batch: a model is traced and written for three of them, and what differs between the graphs is the batch's doing. A
 * length or place that is `per · b + plus` for all three becomes that of whatever batch comes; nodes, values and names have to be the same. Batches are primes
 * that no length of the program is, so that nothing looks like the batch that is none, and three points on a line leave nothing to chance.
 */
import { EinopsError } from '../../grammar/error.ts'
import { showShape } from '../layout/show.ts'
import type { Program } from '../program/program.ts'
import { type Constant, Graph, type Input, type Node } from './graph.ts'

export type Batches = readonly number[]

const primes: Batches = [17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97]

/** Three batches to write a program for. */
export function batchesFor({ inputs, parameters, steps }: Program): Batches {
  const values = [...inputs, ...parameters, ...steps.map(({ output }) => output)]
  const lengths = new Set(values.flatMap(({ shape }) => shape))
  const others = primes.filter((prime) => !lengths.has(prime))
  return [...others, ...primes].slice(0, 3)
}

/** A length that grows with the batch. */
export interface Growing {
  readonly per: number
  readonly plus: number
}

export type Length = number | Growing

/** The length that is these numbers for the three batches. */
export function lengthOf(numbers: readonly number[], batches: Batches, where: string): Length {
  const [first, second, third] = batches as [number, number, number]
  const [a, b, c] = numbers as [number, number, number]
  if (a === b && b === c) return a
  const per = (b - a) / (second - first)
  const plus = a - per * first
  if (!Number.isInteger(per) || per * third + plus !== c) throw refused(where, numbers, batches)
  return { per, plus }
}

/** The graph of three that were written for `batches`; `input` is the one whose first axis is the batch. */
export function united(graphs: readonly Graph[], batches: Batches, input: string): Graph {
  const [first] = graphs as [Graph]
  const result = new Graph(first.opset)
  result.parameters.push(...first.parameters)
  for (const [i, constant] of first.constants.entries()) {
    if (!graphs.every(({ constants }) => isSameConstant(constants[i], constant))) throw refused(constant.name)
    result.constants.push(constant)
  }
  const growing = new GrowingLengths(result, input)
  for (const [i, node] of first.nodes.entries()) {
    const nodes = graphs.map((graph) => graph.nodes[i])
    if (!nodes.every((other) => other !== undefined && isAlike(other, node))) throw refused(node.output)
    const inputs = node.inputs.map((given, at): Input => {
      if (typeof given === 'string') return given
      const vectors = nodes.map((other) => other!.inputs[at] as readonly number[])
      return growing.input(
        node.op,
        given.map((_, place) =>
          lengthOf(
            vectors.map((vector) => vector[place]!),
            batches,
            node.output,
          ),
        ),
      )
    })
    result.nodes.push({ ...node, inputs })
  }
  if (graphs.some(({ nodes }) => nodes.length !== first.nodes.length)) throw refused('the result')
  return result
}

/** Vectors of lengths that the graph computes from the batch, each once. */
class GrowingLengths {
  readonly #graph: Graph
  readonly #input: string

  constructor(graph: Graph, input: string) {
    this.#graph = graph
    this.#input = input
  }

  input(op: string, lengths: readonly Length[]): Input {
    const growing = lengths.filter((length) => typeof length !== 'number')
    if (growing.length === 0) return lengths as readonly number[]
    if (op === 'Reshape' && growing.length === 1) {
      return lengths.map((length) => (typeof length === 'number' ? length : -1))
    }
    const graph = this.#graph
    const batch = graph.once('Shape', [this.#input], { start: 0, end: 1 })
    const parts = lengths.map((length): Input => {
      if (typeof length === 'number') return [length]
      const { per, plus } = length
      const times = per === 1 ? batch : graph.once('Mul', [batch, [per]])
      return plus === 0 ? times : graph.once('Add', [times, [plus]])
    })
    return parts.length === 1 ? parts[0]! : graph.once('Concat', parts, { axis: 0 })
  }
}

/** Whether two nodes are the same but for lengths. */
function isAlike(a: Node, b: Node): boolean {
  const names = ({ op, output, attributes, inputs }: Node) =>
    JSON.stringify([
      op,
      output,
      attributes,
      inputs.map((input) => (typeof input === 'string' ? input : input.length)),
    ])
  return names(a) === names(b)
}

function isSameConstant(a: Constant | undefined, b: Constant): boolean {
  if (a === undefined || a.type !== b.type || showShape(a.shape) !== showShape(b.shape)) return false
  return a.data === b.data || Array.prototype.every.call(a.data, (value, i) => Object.is(value, b.data[i]))
}

function refused(where: string, numbers?: readonly number[], batches: Batches = []): EinopsError {
  const got = numbers === undefined ? '' : ` — got ${numbers.join(', ')} for batches of ${batches.join(', ')}`
  return new EinopsError({
    code: 'onnx/batch',
    operation: 'toOnnx',
    what: `the steps depend on the batch in a way that no one graph says, at ${where}${got}`,
    values: { where },
    hint: 'batch: 1 (or another number) writes the graph for that many',
  })
}
