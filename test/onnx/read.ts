/** Reads an ONNX file back: wire format first, then what of its messages is needed, by onnx.proto's field numbers. Nothing is shared with the writer. */

export interface Tensor {
  readonly type: number
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

export interface OnnxNode {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>
}

export interface OnnxFile {
  readonly irVersion: number
  readonly opsets: Readonly<Record<string, number>>
  readonly metadata: Readonly<Record<string, string>>
  readonly nodes: readonly OnnxNode[]
  readonly initializers: ReadonlyMap<string, Tensor>
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>
}

type Message = Map<number, (number | Uint8Array)[]>

function messageIn(bytes: Uint8Array): Message {
  const fields: Message = new Map()
  let at = 0
  const varint = () => {
    let [value, factor] = [0, 1]
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('the file ends within a number')
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const [field, wire] = [Math.floor(tag / 8), tag % 8]
    let value: number | Uint8Array
    if (wire === 0) value = varint()
    else if (wire === 2) {
      const length = varint()
      if (at + length > bytes.length) throw new Error(`field ${field} is longer than what it is in`)
      value = bytes.subarray(at, at + length)
      at += length
    } else if (wire === 5) {
      value = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getFloat32(0, true)
      at += 4
    } else throw new Error(`a field of wire type ${wire}`)
    fields.set(field, [...(fields.get(field) ?? []), value])
  }
  return fields
}

const messages = (message: Message, field: number) =>
  (message.get(field) ?? []).map((bytes) => messageIn(bytes as Uint8Array))
const numbers = (message: Message, field: number) => (message.get(field) ?? []) as number[]
const texts = (message: Message, field: number) =>
  (message.get(field) ?? []).map((bytes) => new TextDecoder().decode(bytes as Uint8Array))

export function readOnnx(file: Uint8Array): OnnxFile {
  const model = messageIn(file)
  const [graph] = messages(model, 7) as [Message]
  return {
    irVersion: numbers(model, 1)[0]!,
    opsets: Object.fromEntries(
      messages(model, 8).map((one) => [texts(one, 1)[0] ?? '', numbers(one, 2)[0]!]),
    ),
    metadata: Object.fromEntries(messages(model, 14).map((one) => [texts(one, 1)[0]!, texts(one, 2)[0]!])),
    nodes: messages(graph, 1).map(nodeIn),
    initializers: new Map(messages(graph, 5).map((one) => [texts(one, 8)[0]!, tensorIn(one)])),
    inputs: Object.fromEntries(messages(graph, 11).map(portIn)),
    outputs: Object.fromEntries(messages(graph, 12).map(portIn)),
  }
}

function nodeIn(node: Message): OnnxNode {
  return {
    op: texts(node, 4)[0]!,
    domain: texts(node, 7)[0] ?? '',
    inputs: texts(node, 1),
    outputs: texts(node, 2),
    attributes: Object.fromEntries(messages(node, 5).map((one) => [texts(one, 1)[0]!, attributeIn(one)])),
  }
}

function attributeIn(attribute: Message): number | string | readonly number[] {
  switch (numbers(attribute, 20)[0]) {
    case 1:
      return numbers(attribute, 2)[0]!
    case 2:
      return numbers(attribute, 3)[0]!
    case 3:
      return texts(attribute, 4)[0]!
    case 7:
      return numbers(attribute, 8)
    default:
      throw new Error('an attribute of an unknown type')
  }
}

const arrays: Readonly<Record<number, (buffer: ArrayBuffer) => ArrayLike<number | bigint>>> = {
  1: (buffer) => new Float32Array(buffer),
  2: (buffer) => new Uint8Array(buffer),
  3: (buffer) => new Int8Array(buffer),
  6: (buffer) => new Int32Array(buffer),
  7: (buffer) => new BigInt64Array(buffer),
  11: (buffer) => new Float64Array(buffer),
}

function tensorIn(tensor: Message): Tensor {
  const type = numbers(tensor, 2)[0]!
  const shape = numbers(tensor, 1)
  const raw = (tensor.get(9)?.[0] ?? new Uint8Array(0)) as Uint8Array
  const values = Array.from(arrays[type]!(new Uint8Array(raw).buffer), Number)
  if (values.length !== shape.reduce((product, length) => product * length, 1))
    throw new Error(`${texts(tensor, 8)} has ${values.length} elements for [${shape}]`)
  return { type, shape, values }
}

function portIn(port: Message): [name: string, shape: readonly (number | string)[]] {
  const [type] = messages(port, 2) as [Message]
  const [tensor] = messages(type, 1) as [Message]
  const [shape] = messages(tensor, 2) as [Message]
  return [texts(port, 1)[0]!, messages(shape, 1).map((one) => numbers(one, 1)[0] ?? texts(one, 2)[0]!)]
}
