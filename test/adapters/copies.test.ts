/** What adapters share and copy, truths, half floats of a polyfill, and memory that was given away. */
import { Float16Array as Float16Polyfill } from '@petamoriken/float16'
import ndarray, { type Data } from 'ndarray'
import { einsum, rearrange, reduce, repeat } from 'tesserae'
import { fromDims, fromImageData, fromOnnx, toDims, toOnnx, toTensorflow } from 'tesserae/adapters'
import { preprocess, resize } from 'tesserae/image'
import { describe, expect, test } from 'vitest'

class OnnxTensor {
  readonly type: string
  readonly data: Float32Array
  readonly dims: readonly number[]
  constructor(type: string, data: Float32Array, dims: readonly number[]) {
    this.type = type
    this.data = data
    this.dims = dims
  }
}

const x = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])

describe('copy', () => {
  test("'always' shares no memory, in either direction", () => {
    expect(toOnnx(x, OnnxTensor).data).toBe(x.data)
    const tensor = toOnnx(x, OnnxTensor, { copy: 'always' })
    expect(tensor.data).toEqual(x.data)
    expect(tensor.data.buffer).not.toBe(x.data.buffer)
    const back = fromOnnx({ ...tensor, type: 'float32' as const }, { copy: 'always' })
    expect(back.data).toEqual(x.data)
    expect(back.data.buffer).not.toBe(tensor.data.buffer)
    expect(toDims(x, { copy: 'always' }).data.buffer).not.toBe(x.data.buffer)
  })

  test("'never' refuses what would take a copy", () => {
    expect(toOnnx(x, OnnxTensor, { copy: 'never' }).data).toBe(x.data)
    expect(() => toOnnx(x.transpose(1, 0), OnnxTensor, { copy: 'never' })).toThrow(
      'toOnnx: the elements stand in another order — got strides [1, 3], expected row-major ones',
    )
    expect(() => toDims(x.step(1, -1), { copy: 'never' })).toThrow('another order')
    const half = { type: 'float16' as const, data: Uint16Array.of(0x3c00), dims: [1] }
    expect(fromOnnx(half).data).toEqual(Float32Array.of(1))
    expect(() => fromOnnx(half, { copy: 'never' })).toThrow('half floats widen to float32')
    // @ts-expect-error no such option
    expect(() => toDims(x, { cpoy: 'never' })).toThrow("did you mean 'copy'?")
  })
})

describe('bool', () => {
  test('is uint8 on this side, and 0 or 1 on the other', () => {
    const mask = reduce(ndarray(Float32Array.of(0, 2, 0, -1), [2, 2]), 'a b -> a b', 'any')
    const tensor = toOnnx(mask, OnnxTensor, { type: 'bool' })
    expect([tensor.type, [...tensor.data], tensor.dims]).toEqual(['bool', [0, 1, 0, 1], [2, 2]])
    expect(tensor.data).toBe(mask.data)
    expect([...fromOnnx({ ...tensor, type: 'bool' as const }).data]).toEqual([0, 1, 0, 1])
    const bytes = ndarray(Uint8Array.of(0, 7), [2])
    expect([...toOnnx(bytes, OnnxTensor, { type: 'bool' }).data]).toEqual([0, 1])
    expect([...bytes.data]).toEqual([0, 7])
    expect(() => toOnnx(bytes, OnnxTensor, { type: 'bool', copy: 'never' })).toThrow(
      'the bytes are no truths',
    )
    expect(() => toOnnx(x, OnnxTensor, { type: 'bool' })).toThrow('got float32, expected uint8')
    const tf = { tensor: (values: Uint8Array, shape: number[], dtype: string) => ({ values, shape, dtype }) }
    expect(toTensorflow(bytes, tf, { dtype: 'bool' })).toEqual({
      values: Uint8Array.of(0, 1),
      shape: [2],
      dtype: 'bool',
    })
    expect(() => toTensorflow(x, tf, { dtype: 'bool' })).toThrow('got float32, expected uint8')
  })
})

test('half floats of a polyfill go over as their bits, and to TensorFlow as float32', () => {
  const half = ndarray(new Float16Polyfill([1, 2, 3, 4]) as unknown as Data<number>, [2, 2])
  const tensor = toOnnx(half.transpose(1, 0), OnnxTensor)
  expect([tensor.type, [...tensor.data]]).toEqual(['float16', [0x3c00, 0x4200, 0x4000, 0x4400]])
  expect(tensor.data).toBeInstanceOf(Uint16Array)
  const tf = { tensor: (values: Float32Array, shape: number[], dtype: string) => ({ values, shape, dtype }) }
  expect(toTensorflow(half, tf).values).toEqual(Float32Array.of(1, 2, 3, 4))
  expect(rearrange(half, 'a b -> b a', {}, { dtype: 'float32' }).data).toEqual(Float32Array.of(1, 3, 2, 4))
})

test('memory that was given away is called so, wherever it is met', () => {
  const data = Float32Array.of(1, 2, 3, 4)
  const gone = ndarray(data, [2, 2])
  structuredClone(data.buffer, { transfer: [data.buffer] })
  const word = 'its memory was given away (a transfer by postMessage, or WebAssembly that grew)'
  expect(() => rearrange(gone, 'a b -> b a')).toThrow(word)
  expect(() => rearrange([gone, gone], 'n a b -> a b n')).toThrow(word)
  expect(() => reduce(gone, 'a b -> a', 'sum')).toThrow(word)
  expect(() => repeat(gone, 'a b -> a b 2')).toThrow(word)
  expect(() => einsum([gone, gone], 'a b, b c -> a c')).toThrow(word)
  expect(() => rearrange(x, 'a b -> a b', {}, { out: ndarray(data, [2, 3]) })).toThrow(word)
  expect(() => toOnnx(gone, OnnxTensor)).toThrow(word)
  expect(() => fromDims({ data, dims: [4] })).toThrow(word)
  expect(() => fromOnnx({ type: 'float32' as const, data, dims: [4] })).toThrow(word)
  expect(() => rearrange(ndarray(new Float32Array(2), [3]), 'a -> a')).not.toThrow(word)
})

describe('pixels of a canvas', () => {
  const data = Uint8ClampedArray.from({ length: 4 * 8 * 6 }, (_, i) => (i * 37) % 256)
  const canvas = fromImageData({ data, width: 8, height: 6 })
  const bytes = ndarray(new Uint8Array(data.buffer), [6, 8, 4])

  test('are resized as bytes are, and stay clamped', () => {
    const resized = resize(canvas, { height: 3, width: 5 })
    expect(resized.data).toBeInstanceOf(Uint8ClampedArray)
    expect([...resized.data]).toEqual([...resize(bytes, { height: 3, width: 5 }).data])
    const same = resize(canvas, { height: 6, width: 8 })
    expect(same.data).toEqual(data)
    expect(same.data.buffer).not.toBe(data.buffer)
  })

  test('are prepared as bytes are', () => {
    const options = { size: 4, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }
    expect(preprocess(canvas, options).data).toEqual(preprocess(bytes, options).data)
  })
})
