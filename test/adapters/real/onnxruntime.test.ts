/** The adapter for onnxruntime against onnxruntime-web itself: tensors both ways, and a picture through a model. */
import ndarray from 'ndarray'
import { InferenceSession, Tensor } from 'onnxruntime-web'
import { rearrange, reduce } from 'tesserae'
import { fromOnnx, toOnnx } from 'tesserae/adapters'
import { expect, test } from 'vitest'
import { averageColourModel } from './average-model.ts'

test('a picture prepared by rearrange runs through a model, and its output is an array again', async () => {
  const [height, width] = [6, 4]
  const picture = ndarray(
    Float32Array.from({ length: height * width * 3 }, (_, i) => (i % 3) * 10 + Math.floor(i / 3) / 24),
    [height, width, 3],
  )
  const session = await InferenceSession.create(averageColourModel(height, width))
  const { colour } = await session.run({ picture: toOnnx(rearrange(picture, 'h w c -> 1 c h w'), Tensor) })
  const average = rearrange(fromOnnx(colour as Tensor & { type: 'float32' }), '1 c 1 1 -> c')
  const expected = reduce(picture, 'h w c -> c', 'mean')
  expect(average.shape).toEqual([3])
  for (let c = 0; c < 3; c++) expect(average.get(c)).toBeCloseTo(expected.get(c), 5)
})

test('every kind of number goes in and comes back as it was, on the same memory', () => {
  const arrays = [
    Float32Array.of(1.5, -2),
    Float64Array.of(0.1, 3),
    Int8Array.of(-1, 2),
    Int16Array.of(-300, 2),
    Int32Array.of(-70_000, 2),
    BigInt64Array.of(-1n, 2n ** 40n),
    Uint8Array.of(1, 255),
    Uint16Array.of(1, 65_535),
    Uint32Array.of(1, 4_000_000_000),
    BigUint64Array.of(1n, 2n ** 63n),
  ]
  for (const data of arrays) {
    const tensor: Tensor = toOnnx(ndarray(data as Float32Array, [2, 1]), Tensor)
    const back = fromOnnx(tensor)
    expect(back.data).toBe(data)
    expect(back.shape).toEqual([2, 1])
  }
})

test('a transposed view arrives in the order that it shows', () => {
  const x = ndarray(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3])
  const tensor = toOnnx(rearrange(x, 'h w -> w h'), Tensor)
  expect([tensor.dims, [...(tensor.data as Float32Array)]]).toEqual([
    [3, 2],
    [0, 3, 1, 4, 2, 5],
  ])
})

test('bool and float16 tensors become numbers', () => {
  expect([...(fromOnnx(new Tensor('bool', [true, false], [2])).data as Uint8Array)]).toEqual([1, 0])
  const halves = new Tensor('float16', Uint16Array.of(0x3c00, 0xc000), [2])
  expect([...(fromOnnx(halves).data as Float32Array)]).toEqual([1, -2])
})

test('tensors of strings are refused', () => {
  expect(() => fromOnnx(new Tensor('string', ['a'], [1]))).toThrow('this type has no array')
})
