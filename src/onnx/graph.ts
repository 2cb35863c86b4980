/**
 * A graph that is being written: nodes in their order, each with one output. What a node is given is the name of a value, or numbers that stand in the graph
 * itself: lengths and places, which may turn out to depend on the batch (batch.ts).
 */
import { bytesOfDtype, type Dtype } from '../layout/dtype.ts'
import { sizeOf } from '../layout/layout.ts'

/** Numbers that stand in the graph. */
export interface Constant {
  readonly type: number
  readonly shape: readonly number[]
  readonly data: ArrayBufferView & ArrayLike<number | bigint>
}

/** The name of a value, or lengths or places, as a vector of int64. */
export type Input = string | readonly number[]

/** A whole number, whole numbers, a name, or a number of single precision. */
export type Attribute = number | readonly number[] | string | { readonly float: number }

export interface Node {
  readonly op: string
  /** Whose operator it is; the standard's where it is empty. */
  readonly domain: string
  readonly inputs: readonly Input[]
  readonly output: string
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** Numbers with a name, made when they are written. */
export interface Parameter {
  readonly name: string
  readonly type: number
  readonly shape: readonly number[]
  /** The elements in row-major order. */
  readonly read: () => ArrayBufferView
}

/** ONNX's numbers of dtypes (`TensorProto.DataType`). */
export const tensorTypes: Readonly<Partial<Record<Dtype, number>>> = {
  ...{ float32: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, bigint64: 7, float16: 10, float64: 11 },
  ...{ uint32: 12, biguint64: 13, uint8_clamped: 2, buffer: 2 },
}

/** The bytes of an element of each. */
export const elementBytes: Readonly<Record<number, number>> = Object.fromEntries(
  Object.entries(tensorTypes).map(([dtype, type]) => [type, bytesOfDtype(dtype as Dtype)]),
)

export class Graph {
  readonly nodes: Node[] = []
  readonly parameters: Parameter[] = []
  readonly constants: (Constant & { readonly name: string })[] = []
  /** The version of the standard's operators. */
  readonly opset: number
  /** The layers that are being written, as the beginning of names. */
  path = ''
  /** Results of nodes that were written before, by what they do. */
  readonly #written = new Map<string, string>()

  constructor(opset: number) {
    this.opset = opset
  }

  /** Writes a node, and gives the name of its output. */
  emit(
    op: string,
    inputs: readonly Input[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    const output = `${this.path}/${op}_${this.nodes.length}`
    this.nodes.push({ op, domain, inputs, output, attributes })
    return output
  }

  /** The same, but for a node that stands there already: of those that only bring elements to another place. */
  once(op: string, inputs: readonly Input[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const key = JSON.stringify([op, inputs, attributes])
    let output = this.#written.get(key)
    if (output === undefined) {
      output = this.emit(op, inputs, attributes)
      this.#written.set(key, output)
    }
    return output
  }

  /** The name of a constant. */
  constant(constant: Constant): string {
    const name = `constant_${this.constants.length}`
    this.constants.push({ ...constant, name })
    return name
  }

  /** The name of a number of a dtype in which graphs compute. */
  number(value: number, type = 1): string {
    return this.scalar(type, arrayOf(type, [value]))
  }

  /** The name of a constant without axes, each once: the only element of `data`. */
  scalar(type: number, data: Constant['data']): string {
    const known = this.constants.find(
      (one) => one.shape.length === 0 && one.type === type && Object.is(one.data[0], data[0]),
    )
    return known?.name ?? this.constant({ type, shape: [], data })
  }
}

/** Numbers as elements of a dtype in which graphs compute. */
function arrayOf(type: number, values: readonly number[]): Constant['data'] {
  if (type === 7 || type === 13) return BigInt64Array.from(values, BigInt)
  return type === 11 ? Float64Array.from(values) : Float32Array.from(values)
}

/** Ones of single precision. */
export function ones(shape: readonly number[]): Constant {
  return { type: 1, shape, data: new Float32Array(sizeOf(shape)).fill(1) }
}
