/** Arrays for the documents' examples: standard normal numbers as `torch.randn` gives them, the same in every run. */
import ndarray, { type NdArray } from 'ndarray'
import { newParameter } from '../../src/nn/init.ts'

export type FloatArray = NdArray<Float32Array>

export function randn(shape: number[], seed = 1): FloatArray {
  return ndarray(newParameter(shape, 'normal', { seed }).data, shape)
}

/** The largest difference of two arrays of one shape. */
export function distance(a: NdArray, b: NdArray): number {
  if (a.shape.join() !== b.shape.join()) throw new Error(`shapes [${a.shape}] and [${b.shape}]`)
  let largest = 0
  const walk = (index: number[]): void => {
    if (index.length < a.shape.length) {
      for (let i = 0; i < a.shape[index.length]!; i++) walk([...index, i])
      return
    }
    const difference = Math.abs(a.get(...index) - b.get(...index))
    if (!(difference <= largest)) largest = difference
  }
  walk([])
  return largest
}
