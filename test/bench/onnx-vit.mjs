/**
 * A Vision Transformer as an ONNX graph, of timm's parameters, in float32 or with the linear maps as onnxruntime's `quantize_dynamic` makes them: weights int8 by
 * tensor, activations uint8 by tensor as they come (DynamicQuantizeLinear, MatMulInteger), which onnxruntime joins into operators of its own.
 */
import { bytes, integer, join, message, tensor, text } from './onnx-model.mjs'

const types = { float: 1, uint8: 2, int8: 3, int64: 7 }

/** x: [1, 3, 224, 224] → logits: [1, classes] */
export function vitModel(dict, { depth, heads, isDynamic }) {
  const nodes = []
  const initializers = []
  let count = 0
  const constant = (type, shape, values) => {
    const name = `c${++count}`
    const own = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    initializers.push(
      message(5, [...shape.map((n) => integer(1, n)), integer(2, types[type]), text(8, name), bytes(9, own)]),
    )
    return name
  }
  const floats = (...values) =>
    constant('float', values.length === 1 ? [] : [values.length], Float32Array.from(values))
  const shape = (...lengths) => constant('int64', [lengths.length], BigInt64Array.from(lengths, BigInt))
  const parameter = (name) => constant('float', dict[name].shape, dict[name].data)
  const emit = (type, inputs, attributes = {}, outputs = 1) => {
    const names = Array.from({ length: outputs }, () => `v${++count}`)
    nodes.push(
      message(1, [
        ...inputs.map((name) => text(1, name)),
        ...names.map((name) => text(2, name)),
        text(4, type),
        ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))),
      ]),
    )
    return outputs === 1 ? names[0] : names
  }

  const linear = (x, name) => {
    const { weight, rows, columns } = transposed(dict[`${name}.weight`])
    const bias = parameter(`${name}.bias`)
    if (!isDynamic)
      return emit('Add', [emit('MatMul', [x, constant('float', [columns, rows], weight)]), bias])
    const most = weight.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const codes = Int8Array.from(weight, (value) => Math.round((value / most) * 127))
    const own = constant('int8', [columns, rows], codes)
    const [quantized, scale, zero] = emit('DynamicQuantizeLinear', [x], {}, 3)
    const sums = emit('MatMulInteger', [quantized, own, zero, constant('int8', [], Int8Array.of(0))])
    const factor = emit('Mul', [scale, floats(most / 127)])
    return emit('Add', [emit('Mul', [emit('Cast', [sums], { to: types.float }), factor]), bias])
  }
  const norm = (x, name) =>
    emit('LayerNormalization', [x, parameter(`${name}.weight`), parameter(`${name}.bias`)], {
      axis: -1,
      epsilon: 1e-6,
    })
  const gelu = (x) => {
    const half = emit('Mul', [x, floats(0.5)])
    return emit('Mul', [half, emit('Add', [emit('Erf', [emit('Div', [x, floats(Math.SQRT2)])]), floats(1)])])
  }

  const [, n, d] = dict.pos_embed.shape
  const width = d / heads
  const convolved = emit(
    'Conv',
    ['x', parameter('patch_embed.proj.weight'), parameter('patch_embed.proj.bias')],
    {
      strides: [16, 16],
    },
  )
  const patches = emit('Transpose', [emit('Reshape', [convolved, shape(1, d, n - 1)])], { perm: [0, 2, 1] })
  let x = emit('Add', [
    emit('Concat', [parameter('cls_token'), patches], { axis: 1 }),
    parameter('pos_embed'),
  ])
  for (let i = 0; i < depth; i++) {
    const qkv = emit('Reshape', [
      linear(norm(x, `blocks.${i}.norm1`), `blocks.${i}.attn.qkv`),
      shape(1, n, 3, heads, width),
    ])
    const all = emit('Transpose', [qkv], { perm: [2, 0, 3, 1, 4] })
    const [q, k, v] = [0, 1, 2].map((third) =>
      emit('Gather', [all, constant('int64', [], BigInt64Array.of(BigInt(third)))], { axis: 0 }),
    )
    const keys = emit('Transpose', [k], { perm: [0, 1, 3, 2] })
    const scores = emit('Mul', [emit('MatMul', [q, keys]), floats(width ** -0.5)])
    const heard = emit('MatMul', [emit('Softmax', [scores], { axis: -1 }), v])
    const merged = emit('Reshape', [emit('Transpose', [heard], { perm: [0, 2, 1, 3] }), shape(1, n, d)])
    x = emit('Add', [x, linear(merged, `blocks.${i}.attn.proj`)])
    const hidden = gelu(linear(norm(x, `blocks.${i}.norm2`), `blocks.${i}.mlp.fc1`))
    x = emit('Add', [x, linear(hidden, `blocks.${i}.mlp.fc2`)])
  }
  const token = emit('Gather', [norm(x, 'norm'), constant('int64', [], BigInt64Array.of(0n))], { axis: 1 })
  const logits = linear(token, 'head')
  nodes.push(message(1, [text(1, logits), text(2, 'logits'), text(4, 'Identity')]))
  const graph = [
    ...nodes,
    text(2, 'vit'),
    ...initializers,
    message(11, tensor('x', [1, 3, 224, 224])),
    message(12, tensor('logits', [1, dict['head.bias'].shape[0]])),
  ]
  return join([integer(1, 8), message(7, graph), message(8, [integer(2, 17)])])
}

/** AttributeProto: a whole number, a fraction, or a list of whole numbers. */
function attribute(name, value) {
  if (Array.isArray(value)) return [text(1, name), ...value.map((one) => integer(8, one)), integer(20, 7)]
  if (Number.isInteger(value)) return [text(1, name), signed(3, value), integer(20, 2)]
  const float = new Uint8Array(Float32Array.of(value).buffer)
  return [text(1, name), join([Uint8Array.of((2 << 3) | 5), float]), integer(20, 1)]
}

/** A negative number is ten bytes of two's complement. */
function signed(field, value) {
  if (value >= 0) return integer(field, value)
  let left = BigInt.asUintN(64, BigInt(value))
  const out = [field << 3]
  for (; left >= 128n; left >>= 7n) out.push(Number(left & 127n) | 128)
  return Uint8Array.from([...out, Number(left)])
}

function transposed({ shape: [rows, columns], data }) {
  const weight = new Float32Array(data.length)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) weight[j * rows + i] = data[i * columns + j]
  return { weight, rows, columns }
}
