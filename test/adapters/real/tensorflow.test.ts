/** The adapter for TensorFlow.js against tfjs itself, on its processor backend. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import ndarray from 'ndarray'
import { rearrange } from 'tesserae'
import { fromTensorflow, toTensorflow } from 'tesserae/adapters'
import { expect, test } from 'vitest'

const x = () => ndarray(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3])

test('an array goes through an operation of tfjs and back', async () => {
  const transposed: tf.Tensor = toTensorflow(rearrange(x(), 'h w -> w h'), tf)
  const doubled = tf.mul(transposed, 2)
  const back = fromTensorflow(doubled as tf.Tensor & { dtype: 'float32' })
  expect([back.shape, [...back.data]]).toEqual([
    [3, 2],
    [0, 6, 2, 8, 4, 10],
  ])
  const fetched = fromTensorflow(doubled as tf.Tensor & { dtype: 'float32' }, await doubled.data())
  expect([...fetched.data]).toEqual([...back.data])
})

test('float32 and int32 share their memory with tfjs in both directions', () => {
  const floats = x()
  expect(toTensorflow<tf.Tensor>(floats, tf).dataSync()).toBe(floats.data)
  const integers = ndarray(Int32Array.of(1, 2), [2])
  const tensor = toTensorflow<tf.Tensor>(integers, tf)
  expect(fromTensorflow(tensor).data).toBe(integers.data)
})

test('bytes arrive as int32 and truth values come back as bytes', () => {
  const bytes = toTensorflow<tf.Tensor>(ndarray(Uint8Array.of(0, 255), [2]), tf)
  expect([bytes.dtype, [...bytes.dataSync()]]).toEqual(['int32', [0, 255]])
  const truth = fromTensorflow(tf.greater(bytes, 1) as tf.Tensor & { dtype: 'bool' })
  expect([truth.dtype, [...truth.data]]).toEqual(['uint8', [0, 1]])
})

test('tensors of strings are refused', () => {
  expect(() => fromTensorflow(tf.tensor(['a']))).toThrow('this dtype has no array')
})
