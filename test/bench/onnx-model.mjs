/** An ONNX model of one product, c = a · b with constant b, written as protocol buffers by hand: field numbers are those of onnx.proto. */

/** a: [m, k] → c: [m, n] */
export function matmulModel(m, k, n, b) {
  const node = [text(1, 'a'), text(1, 'b'), text(2, 'c'), text(4, 'MatMul')]
  const weights = [
    integer(1, k),
    integer(1, n),
    integer(2, FLOAT),
    text(8, 'b'),
    bytes(9, new Uint8Array(b.buffer, b.byteOffset, b.byteLength)),
  ]
  const graph = [
    message(1, node),
    text(2, 'product'),
    message(5, weights),
    message(11, tensor('a', [m, k])),
    message(12, tensor('c', [m, n])),
  ]
  return join([integer(1, 8), message(7, graph), message(8, [integer(2, 13)])])
}

const FLOAT = 1

export function tensor(name, shape) {
  const dims = shape.map((length) => message(1, [integer(1, length)]))
  return [text(1, name), message(2, [message(1, [integer(1, FLOAT), message(2, dims)])])]
}

export function integer(field, value) {
  return Uint8Array.from([...varint(field << 3), ...varint(value)])
}

export function text(field, value) {
  return bytes(field, new TextEncoder().encode(value))
}

export function message(field, parts) {
  return bytes(field, join(parts))
}

export function bytes(field, contents) {
  return join([Uint8Array.from([(field << 3) | 2, ...varint(contents.length)]), contents])
}

function varint(value) {
  const out = []
  for (; value >= 128; value = Math.floor(value / 128)) out.push((value % 128) | 128)
  return [...out, value]
}

export function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
