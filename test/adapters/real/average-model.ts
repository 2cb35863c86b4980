/**
 * An ONNX model of one node, written field by field (onnx.proto): the average colour of a picture. It is all an adapter
 * needs of a model: an input `[1, 3, h, w]`, an output `[1, 3, 1, 1]`.
 */
export function averageColourModel(height: number, width: number): Uint8Array {
  const float32 = 1
  const dimension = (length: number) => message(1, integer(1, length))
  const value = (name: string, shape: number[]) => [
    ...text(1, name),
    ...message(2, message(1, [...integer(1, float32), ...message(2, shape.flatMap(dimension))])),
  ]
  const node = [...text(1, 'picture'), ...text(2, 'colour'), ...text(4, 'GlobalAveragePool')]
  const graph = [
    ...message(1, node),
    ...text(2, 'average colour'),
    ...message(11, value('picture', [1, 3, height, width])),
    ...message(12, value('colour', [1, 3, 1, 1])),
  ]
  const irVersion = 8
  const operatorSet = integer(2, 13)
  return Uint8Array.from([...integer(1, irVersion), ...message(7, graph), ...message(8, operatorSet)])
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

function integer(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)]
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes]
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)])
}
