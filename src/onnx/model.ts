/** A graph as the bytes of an ONNX file: the messages of onnx.proto3 (github.com/onnx/onnx), by their field numbers. */
import { EinopsError } from '../../grammar/error.ts'
import { sizeOf } from '../layout/layout.ts'
import { show } from '../layout/show.ts'
import type { Length } from './batch.ts'
import { type Attribute, elementBytes, type Graph, type Input, type Node, type Parameter } from './graph.ts'
import { type Field, float, integer, message, raw, sizeOfFields, text } from './protobuf.ts'

/** A tensor that goes in or comes out. */
export interface Port {
  readonly name: string
  readonly type: number
  readonly shape: readonly Length[]
}

export interface ModelParts {
  readonly name: string
  readonly graph: Graph
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly metadata: Readonly<Record<string, string>>
}

/** The version of the format that came with each operator set. */
const formats: Readonly<Record<number, number>> = {
  17: 8,
  18: 8,
  19: 9,
  20: 9,
  21: 10,
  22: 10,
  23: 11,
  24: 12,
}

export const firstOpset = 17
export const lastOpset = 24

/** What a message of Protocol Buffers may have, and so a file of ONNX that is one. */
const mostBytes = 2 ** 31 - 1

/**
 * The file.
 *
 * @throws {EinopsError} where it would be larger than the format allows, or two things have one name
 */
export function fileOf({ name, graph, inputs, outputs, metadata }: ModelParts): Uint8Array<ArrayBuffer> {
  const vectors = new Map<string, Parameter>()
  const nodes = graph.nodes.map((node) => message(1, nodeOf(node, vectors)))
  const constants = graph.constants.map((one): Parameter => ({ ...one, read: () => one.data }))
  const initializers = [...graph.parameters, ...constants, ...vectors.values()]
  expectNames(
    [...inputs, ...initializers].map((one) => one.name).concat(graph.nodes.map(({ output }) => output)),
  )
  const domains = new Set(['', ...graph.nodes.map(({ domain }) => domain)])
  const fields = [
    integer(1, formats[graph.opset]!),
    text(2, 'tesserae'),
    message(7, [
      ...nodes,
      text(2, name),
      ...initializers.map((one) => message(5, tensorOf(one))),
      ...inputs.map((port) => message(11, portOf(port))),
      ...outputs.map((port) => message(12, portOf(port))),
    ]),
    ...[...domains].map((domain) =>
      message(8, [text(1, domain), integer(2, domain === '' ? graph.opset : 1)]),
    ),
    ...Object.entries(metadata).map(([key, value]) => message(14, [text(1, key), text(2, value)])),
  ]
  const size = sizeOfFields(fields)
  if (size > mostBytes) throw tooLarge(size)
  const to = { bytes: new Uint8Array(size), at: 0 }
  for (const field of fields) field.write(to)
  return to.bytes
}

/** Refuses a parameter that is called as something else of the graph is: runtimes would take one for the other. */
function expectNames(names: readonly string[]): void {
  const known = new Set([''])
  for (const name of names) {
    if (known.has(name)) {
      throw new EinopsError({
        code: 'onnx/name',
        operation: 'toOnnx',
        what: `a parameter needs a name that nothing else in the graph has — got ${show(name)}`,
        values: { got: name },
        hint: "a graph's own are 'x' or 'x1', 'x2', … for inputs and 'y' for the output",
      })
    }
    known.add(name)
  }
}

function nodeOf({ op, domain, inputs, output, attributes }: Node, vectors: Map<string, Parameter>): Field[] {
  return [
    ...inputs.map((input) => text(1, nameOf(input, vectors))),
    text(2, output),
    text(3, output),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => message(5, [text(1, name), ...attributeOf(value)])),
    ...(domain === '' ? [] : [text(7, domain)]),
  ]
}

/** The name of an input; vectors of lengths become tensors, each once. */
function nameOf(input: Input, vectors: Map<string, Parameter>): string {
  if (typeof input === 'string') return input
  const name = `lengths_${input.join('_')}`
  const data = BigInt64Array.from(input, BigInt)
  vectors.set(name, { name, type: 7, shape: [input.length], read: () => data })
  return name
}

function attributeOf(value: Attribute): Field[] {
  if (typeof value === 'number') return [integer(3, value), integer(20, 2)]
  if (typeof value === 'string') return [text(4, value), integer(20, 3)]
  if ('float' in value) return [float(2, value.float), integer(20, 1)]
  return [...value.map((one) => integer(8, one)), integer(20, 7)]
}

function tensorOf({ name, type, shape, read }: Parameter): Field[] {
  const size = sizeOf(shape) * elementBytes[type]!
  return [...shape.map((length) => integer(1, length)), integer(2, type), text(8, name), raw(9, size, read)]
}

function portOf({ name, type, shape }: Port): Field[] {
  const dimensions = shape.map((length) => message(1, [dimensionOf(length)]))
  return [text(1, name), message(2, [message(1, [integer(1, type), message(2, dimensions)])])]
}

function dimensionOf(length: Length): Field {
  if (typeof length === 'number') return integer(1, length)
  const times = length.per === 1 ? 'batch' : `${length.per}*batch`
  return text(2, length.plus === 0 ? times : `${times}+${length.plus}`)
}

function tooLarge(size: number): EinopsError {
  return new EinopsError({
    code: 'onnx/too-large',
    operation: 'toOnnx',
    what: `an ONNX file has at most 2 GB — got ${(size / 2 ** 30).toFixed(1)} GB`,
    values: { size },
    hint: "precision: 'int8' takes about a quarter",
  })
}
