/** The adapters against tensors described by hand; `test/adapters/real` holds them against the libraries themselves. */
import ndarray from 'ndarray'
import { EinopsError, rearrange, reduce } from 'tesserae'
import {
  fromDims,
  fromImageData,
  fromOnnx,
  fromTensorflow,
  toDims,
  toImageData,
  toOnnx,
  toTensorflow,
} from 'tesserae/adapters'
import { describe, expect, test } from 'vitest'

const counted = (shape: number[]) =>
  ndarray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    shape,
  )

describe('dims', () => {
  test('fromDims shares the memory and reads it row by row', () => {
    const data = Float32Array.of(0, 1, 2, 3, 4, 5)
    const x = fromDims({ data, dims: [2, 3] })
    x.set(1, 2, 50)
    expect([x.get(1, 0), data[5]]).toEqual([3, 50])
  })

  test('toDims hands over the very same array where it is row-major and whole', () => {
    const x = counted([2, 3])
    expect(toDims(x).data).toBe(x.data)
  })

  test('toDims shares the memory of a row-major part', () => {
    const x = counted([4, 3])
    const part = toDims(x.lo(1, 0).hi(2, 3))
    expect([...part.data]).toEqual([3, 4, 5, 6, 7, 8])
    expect(part.data.buffer).toBe(x.data.buffer)
  })

  test('toDims copies a transposed view into row-major order, and leaves the view alone', () => {
    const x = counted([2, 3])
    const { data, dims } = toDims(x.transpose(1, 0))
    expect([[...data], dims]).toEqual([
      [0, 3, 1, 4, 2, 5],
      [3, 2],
    ])
    expect(data.buffer).not.toBe(x.data.buffer)
  })

  test('toDims reads negative strides, repeats and no dimensions', () => {
    expect([...toDims(counted([3]).step(-1)).data]).toEqual([2, 1, 0])
    expect([...toDims(ndarray(Float32Array.of(7, 8), [3], [0], 1)).data]).toEqual([8, 8, 8])
    expect(toDims(ndarray(Float32Array.of(7, 8), [], [], 1))).toEqual({ data: Float32Array.of(8), dims: [] })
  })

  test('elements that do not fill the dims are refused', () => {
    expect(() => fromDims({ data: new Float32Array(5), dims: [2, 3] })).toThrow(
      'fromDims: data and dims differ — got 5 elements for dims [2, 3], expected their product',
    )
    expect(() => fromDims({ data: new Float32Array(6), dims: [-2, -3] })).toThrow(EinopsError)
  })

  test('plain lists are refused with the way out', () => {
    expect(() => toDims(ndarray([1, 2, 3], [3]))).toThrow(/no typed array[\s\S]*Float32Array\.from/)
  })
})

describe('onnx', () => {
  class Tensor {
    readonly type: string
    readonly data: ArrayLike<unknown>
    readonly dims: readonly number[]
    constructor(type: string, data: ArrayLike<unknown>, dims: readonly number[]) {
      this.type = type
      this.data = data
      this.dims = dims
    }
  }

  test.each([
    [Float32Array, 'float32'],
    [Float64Array, 'float64'],
    [Int8Array, 'int8'],
    [Int16Array, 'int16'],
    [Int32Array, 'int32'],
    [Uint8Array, 'uint8'],
    [Uint8ClampedArray, 'uint8'],
    [Uint16Array, 'uint16'],
    [Uint32Array, 'uint32'],
    [BigInt64Array, 'int64'],
    [BigUint64Array, 'uint64'],
  ] as const)('%o becomes %s on the same memory, and comes back', (ArrayType, type) => {
    const data = new ArrayType(6)
    const tensor = toOnnx(ndarray(data as Float32Array, [2, 3]), Tensor)
    expect([tensor.type, tensor.dims]).toEqual([type, [2, 3]])
    expect((tensor.data as Uint8Array).buffer).toBe(data.buffer)
    expect(fromOnnx(tensor).shape).toEqual([2, 3])
  })

  test('half floats given by their bits widen', () => {
    const halves = fromOnnx({ type: 'float16', data: Uint16Array.of(0x3c00, 0xc000), dims: [2] })
    expect([...halves.data]).toEqual([1, -2])
  })

  test('a tensor on the graphics card is refused with the way out', () => {
    const far = { type: 'float32', data: undefined, dims: [1], location: 'gpu-buffer' }
    expect(() => fromOnnx(far)).toThrow(/elsewhere — got gpu-buffer[\s\S]*getData/)
  })

  test('strings are refused', () => {
    expect(() => fromOnnx({ type: 'string', data: ['a'], dims: [1] })).toThrow("got 'string'")
    expect(() => fromOnnx({ data: new Float32Array(1), dims: [1] } as never)).toThrow("got 'undefined'")
  })
})

describe('tensorflow', () => {
  const tf = {
    tensor: (values: ArrayLike<number>, shape: number[], dtype: string) => ({ values, shape, dtype }),
  }

  test('float32 in row-major order is passed on as it is', () => {
    const x = counted([2, 3])
    expect(toTensorflow(x, tf).values).toBe(x.data)
  })

  test('bytes become int32 and doubles float32', () => {
    expect(toTensorflow(ndarray(Uint8Array.of(1, 255), [2]), tf)).toEqual({
      values: Int32Array.of(1, 255),
      shape: [2],
      dtype: 'int32',
    })
    expect(toTensorflow(ndarray(Float64Array.of(0.1), [1]), tf).values).toEqual(Float32Array.of(0.1))
  })

  test('what int32 cannot hold is refused', () => {
    expect(() => toTensorflow(ndarray(new Uint32Array(2), [2]), tf)).toThrow('got uint32')
    expect(() => toTensorflow(ndarray(new BigInt64Array(2) as never, [2]), tf)).toThrow('got bigint64')
  })

  test('values that were fetched are used instead of fetching', () => {
    const tensor = {
      shape: [2],
      dtype: 'float32',
      dataSync: () => {
        throw new Error('a WebGPU tensor cannot be read at once')
      },
    }
    expect(fromTensorflow(tensor, Float32Array.of(5, 6)).get(1)).toBe(6)
  })

  test('strings are refused', () => {
    expect(() => fromTensorflow({ shape: [1], dtype: 'string', dataSync: () => ['a'] })).toThrow('got string')
  })
})

describe('image data', () => {
  test('pixels are read on their own memory, row by row', () => {
    const data = Uint8ClampedArray.from({ length: 2 * 3 * 4 }, (_, i) => i)
    const x = fromImageData({ data, width: 3, height: 2 })
    expect(x.shape).toEqual([2, 3, 4])
    expect(x.get(1, 2, 3)).toBe(23)
    expect(x.data).toBe(data)
  })

  test('row-major [h, w, 4] bytes go out on their own memory', () => {
    const x = ndarray(new Uint8Array(2 * 3 * 4), [2, 3, 4])
    const image = toImageData(x)
    expect([image.width, image.height]).toEqual([3, 2])
    expect(image.data.buffer).toBe(x.data.buffer)
  })

  test('colour planes become opaque pixels', () => {
    const planes = ndarray(
      Uint8Array.from({ length: 12 }, (_, i) => i),
      [3, 2, 2],
    )
    const image = toImageData(rearrange(planes, 'c h w -> h w c'))
    expect([...image.data]).toEqual([0, 4, 8, 255, 1, 5, 9, 255, 2, 6, 10, 255, 3, 7, 11, 255])
  })

  test('grey is the same in all colours, flipped if its strides are', () => {
    const grey = ndarray(Uint8Array.of(1, 2), [1, 2])
    expect([...toImageData(grey.step(1, -1)).data]).toEqual([2, 2, 2, 255, 1, 1, 1, 255])
    expect([...toImageData(ndarray(grey.data, [1, 2, 1])).data]).toEqual([1, 1, 1, 255, 2, 2, 2, 255])
  })

  test('numbers that are no bytes and shapes that are no picture are refused', () => {
    expect(() => toImageData(counted([2, 2, 3]))).toThrow(/no bytes — got float32[\s\S]*0 … 255/)
    expect(() => toImageData(ndarray(new Uint8Array(8), [2, 2, 2]))).toThrow('not a picture — got [2, 2, 2]')
    expect(() => toImageData(ndarray(new Uint8Array(0), [0, 2, 3]))).toThrow('not a picture')
  })

  test('an operation runs from canvas to canvas', () => {
    const image = { data: new Uint8ClampedArray(4 * 4 * 4).fill(200), width: 4, height: 4 }
    const halved = reduce(fromImageData(image), '(h 2) (w 2) c -> h w c', 'max')
    expect([toImageData(halved).width, toImageData(halved).data[0]]).toEqual([2, 200])
  })
})
